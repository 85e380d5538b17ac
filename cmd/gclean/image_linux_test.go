package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"gclean/internal/fixture"
	"gclean/walk"
)

var must = fixture.Must

// rooted runs gclean with --root, the environment being that of somebody who has
// an installation outside. It returns the output.
func (im image) rooted(t *testing.T, before []string, args ...string) (string, int) {
	t.Helper()
	return im.rootedWith(t, nil, before, args...)
}

// rootedWith is rooted with more variables.
func (im image) rootedWith(t *testing.T, env, before []string, args ...string) (string, int) {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	command := append(append(before, exe, "--root", im.dir), args...)
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = []string{
		asCommand + "=1", "HOME=" + im.decoy, "CONDA_PKGS_DIRS=" + im.decoy + "/pkgs", "CONDA_ENVS_DIRS=" + im.decoy + "/envs",
		"CONDA_PREFIX=" + im.decoy + "/envs/e", "CONDARC=" + im.decoy + "/.condarc", "XDG_CONFIG_HOME=" + im.decoy, "XDG_CACHE_HOME=" + im.decoy,
		"MAMBA_ROOT_PREFIX=" + im.decoy, "PIXI_CACHE_DIR=" + im.decoy, "RATTLER_CACHE_DIR=" + im.decoy, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(),
	}
	cmd.Env = append(cmd.Env, env...)
	cmd.Dir = im.decoy
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// mayEnter skips the test where the system lets nobody enter another root.
func mayEnter(t *testing.T, out string, code int) {
	t.Helper()
	if code == exitUsage && strings.Contains(out, "CAP_SYS_CHROOT") {
		t.Skipf("this user may not enter another root here: %s", out)
	}
}

// opened watches a tree: the function returns what was opened in it since.
func opened(t *testing.T, top string) func() []string {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	must(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	dirs := map[int32]string{}
	must(t, filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		wd, err := unix.InotifyAddWatch(fd, path, unix.IN_OPEN|unix.IN_ACCESS|unix.IN_MODIFY|unix.IN_DELETE|unix.IN_MOVE|unix.IN_CREATE)
		dirs[int32(wd)] = path
		return err
	}))
	since := func() []string {
		var list []string
		buf := make([]byte, 1<<16)
		for {
			n, err := unix.Read(fd, buf)
			if err != nil || n <= 0 {
				return list
			}
			for at := 0; at+unix.SizeofInotifyEvent <= n; {
				e := (*unix.InotifyEvent)(unsafe.Pointer(&buf[at]))
				name := strings.TrimRight(string(buf[at+unix.SizeofInotifyEvent:at+unix.SizeofInotifyEvent+int(e.Len)]), "\x00")
				list = append(list, filepath.Join(dirs[e.Wd], name))
				at += unix.SizeofInotifyEvent + int(e.Len)
			}
		}
	}
	since() // what the watch itself has opened
	return since
}

// TestRootStaysInside runs on images that lead out in every way: what is outside
// is not even opened, and what is free inside goes.
func TestRootStaysInside(t *testing.T) {
	for name, make := range hostileImages {
		t.Run(name, func(t *testing.T) {
			im := newImage(t)
			make(t, im)
			touched := opened(t, im.decoy)
			out, code := im.rooted(t, nil, "--all", "--yes", "--root-prefix", "/opt/conda", "-v")
			mayEnter(t, out, code)
			for _, path := range touched() {
				if path != im.decoy { // the working directory that it was started in
					t.Errorf("%s was opened", path)
				}
			}
			if code != exitDone && code != exitDoubt || !strings.Contains(out, "Paths below are inside "+im.dir) {
				t.Fatalf("exit code %d:\n%s", code, out)
			}
			pkgs := filepath.Join(im.dir, "opt/conda/pkgs")
			if _, err := os.Stat(filepath.Join(pkgs, "used-1.0-0")); err != nil {
				t.Errorf("the package that is used: %v", err)
			}
			if _, err := os.Stat(filepath.Join(pkgs, "free-1.0-0.conda")); err == nil && code == exitDone {
				t.Errorf("the archive is there yet:\n%s", out)
			}
			if _, err := os.Stat(filepath.Join(im.decoy, "pkgs/decoy-1.0-0")); err != nil {
				t.Errorf("outside: %v", err)
			}
			for _, command := range []string{"info", "envs", "ls", "report", "verify"} {
				out, code := im.rooted(t, []string{}, append(strings.Fields(command), "--root-prefix", "/opt/conda")...)
				if code == exitUsage || strings.Contains(out, "decoy-1.0") {
					t.Errorf("%s: exit code %d:\n%s", command, code, out)
				}
			}
			for _, path := range touched() {
				if path != im.decoy {
					t.Errorf("%s was opened by another command", path)
				}
			}
		})
	}
}

// TestRootByTrace looks at every file that is opened, by the path that the system
// gives its descriptor.
func TestRootByTrace(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	opens := regexp.MustCompile(`^\d+ +(openat2?|open|creat)\(.* = \d+<([^>]*)>`)
	for name, make := range hostileImages {
		t.Run(name, func(t *testing.T) {
			im := newImage(t)
			make(t, im)
			log := filepath.Join(t.TempDir(), "trace")
			out, code := im.rooted(t, []string{strace, "-f", "-y", "-s", "0", "-o", log, "-e", "trace=open,openat,openat2,creat,chroot"}, "--all", "--yes", "--all-users", "--root-prefix", "/opt/conda")
			mayEnter(t, out, code)
			data, err := os.ReadFile(log)
			must(t, err)
			if strings.Contains(out, "ptrace") {
				t.Skipf("strace may not trace here: %s", out)
			}
			// The last one: without root's rights the first is refused, and gclean
			// runs once more in a namespace, where it starts by the system's files.
			at := strings.LastIndex(string(data), "chroot(")
			if at < 0 {
				t.Fatalf("it entered no root: exit code %d:\n%s\n%s", code, out, data)
			}
			after := string(data[at:])
			inside := 0
			for line := range strings.Lines(after) {
				m := opens.FindStringSubmatch(line)
				switch {
				case m == nil:
				case m[2] == im.dir || strings.HasPrefix(m[2], im.dir+"/"):
					inside++
				default:
					t.Errorf("outside: %s", line)
				}
			}
			if inside < 10 {
				t.Errorf("only %d files were opened inside:\n%s", inside, after)
			}
		})
	}
}

// asUser gives the image to somebody who is not root, and is the command that runs
// another as that one.
func asUser(t *testing.T, im image) []string {
	t.Helper()
	var before []string
	if os.Geteuid() == 0 {
		if _, err := exec.LookPath("setpriv"); err != nil {
			t.Skip("setpriv is not installed")
		}
		exe, err := os.Executable()
		must(t, err)
		for _, path := range []string{exe, im.dir} {
			for dir := filepath.Dir(path); len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
				must(t, os.Chmod(dir, 0o755))
			}
		}
		must(t, filepath.WalkDir(filepath.Dir(im.dir), func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, nobody, nobody))
		}))
		user := strconv.Itoa(nobody)
		before = []string{"setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--"}
	}
	return before
}

// TestRootAsUserInterrupted sends the signal to the process that was started, as
// "timeout" and "docker kill" do, and not to the one in the namespace.
func TestRootAsUserInterrupted(t *testing.T) {
	im := newImage(t)
	before := asUser(t, im)
	dir, err := walk.Open(filepath.Join(im.dir, "opt/conda/pkgs"))
	must(t, err)
	defer dir.Close()
	lock, err := dir.LockFile("urls.txt", walk.Fcntl, false)
	must(t, err)
	defer lock.Unlock()
	exe, err := os.Executable()
	must(t, err)
	command := append(before, exe, "--root", im.dir, "--packages", "--yes", "--root-prefix", "/opt/conda", "--lock-timeout", "1m")
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = []string{asCommand + "=1", "HOME=" + im.decoy, "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal
	stderr, err := cmd.StderrPipe()
	must(t, err, cmd.Start())
	var said strings.Builder
	for buf := make([]byte, 1024); ; {
		n, err := stderr.Read(buf)
		said.Write(buf[:n])
		if strings.Contains(said.String(), "Waiting") {
			must(t, cmd.Process.Signal(os.Interrupt))
			break
		}
		if err != nil {
			break
		}
	}
	io.Copy(&said, stderr)
	cmd.Wait()
	code := cmd.ProcessState.ExitCode()
	mayEnter(t, said.String(), code)
	if code != exitInterrupted {
		t.Errorf("exit code %d, want %d:\n%s", code, exitInterrupted, said.String())
	}
}

// TestRootAsUser enters by a namespace of users.
func TestRootAsUser(t *testing.T) {
	im := newImage(t)
	before := asUser(t, im)
	metrics := filepath.Join(im.decoy, "gclean.prom")
	out, code := im.rooted(t, before, "--packages", "--yes", "--root-prefix", "/opt/conda", "--metrics", metrics)
	mayEnter(t, out, code)
	if code != exitDone || !strings.Contains(out, "Removed 1 entry, ") {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	if _, err := os.Stat(metrics); err != nil {
		t.Errorf("the file outside: %v", err)
	}
	if _, err := os.Stat(filepath.Join(im.dir, "opt/conda/pkgs/free-1.0-0")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the free package: %v", err)
	}
}

// TestRootBehaves says that CONDA_DRY_RUN and CONDA_JSON count inside too. The other
// variables lead outside.
func TestRootBehaves(t *testing.T) {
	im := newImage(t)
	free := filepath.Join(im.dir, "opt/conda/pkgs/free-1.0-0")
	args := []string{"--all", "--yes", "--root-prefix", "/opt/conda"}
	for _, tt := range []struct {
		env   []string
		args  []string
		want  string
		code  int
		stays bool
	}{
		{[]string{"CONDA_DRY_RUN=1"}, args, "DryRunExit", exitDone, true},
		{[]string{"CONDA_DRY_RUN=perhaps"}, args, "DryRunExit", exitDone, true},
		{[]string{"CONDA_DRY_RUN=1", "CONDA_JSON=1"}, args, `"dry_run": true`, exitDone, true},
		{[]string{"CONDA_DRY_RUN=1", "CONDA_QUIET=1"}, args, "In total: ", exitDone, true},
		{[]string{"CONDA_ALWAYS_YES=1"}, []string{"--all", "--root-prefix", "/opt/conda"}, "pass --yes", exitUsage, true},
		{[]string{"CONDA_JSON=1"}, []string{"--nonsense"}, `"exception_name": "ArgumentError"`, exitUsage, true},
		{[]string{"CONDA_JSON=1"}, []string{"--nonsense", "--json=false"}, "ArgumentError: unknown flag", exitUsage, true},
		{[]string{"CONDA_JSON=1"}, args, `"dry_run": false`, exitDone, false},
	} {
		out, code := im.rootedWith(t, tt.env, nil, tt.args...)
		mayEnter(t, out, code)
		_, err := os.Stat(free)
		if code != tt.code || !strings.Contains(out, tt.want) || (err == nil) != tt.stays {
			t.Errorf("%q %q: exit code %d, want %d; %v; want %q in\n%s", tt.env, tt.args, code, tt.code, err, tt.want, out)
		}
	}
}

// TestRootUsage says what cannot be entered.
func TestRootUsage(t *testing.T) {
	im := newImage(t)
	for _, tt := range []struct {
		root string
		args []string
		want string
	}{
		{"/absent/folder", nil, "--root /absent/folder: no such file or directory"},
		{filepath.Join(im.dir, "etc/passwd"), nil, "not a directory"},
		{"", nil, "the path is empty"},
		{im.dir, []string{"--pkgs-dir", "pkgs"}, "--pkgs-dir pkgs: with --root, it must be an absolute path"},
		{im.dir, []string{"-c", "here"}, "--tempfiles here: with --root, it must be an absolute path"},
		{im.dir, []string{"--pkgs-dir", im.decoy + "/pkgs"}, "there is no such folder"},
		{im.dir, []string{"--metrics", "/absent/file"}, "/absent"},
	} {
		out, code := (image{tt.root, im.decoy}).rooted(t, nil, append([]string{"-a", "-d"}, tt.args...)...)
		mayEnter(t, out, code)
		if code == exitDone || !strings.Contains(out, tt.want) {
			t.Errorf("--root %q %q: exit code %d, want %q in\n%s", tt.root, tt.args, code, tt.want, out)
		}
	}
	// What was begun outside is not left there.
	before := contentsOf(t, im.decoy)
	for _, args := range [][]string{
		{"-y"}, // no target
		{"-a", "-y", "--keep-last", "x"},
		{"-a", "-y", "--json", "-c", "rel"},
		{"report", "--html", "/absent/file"},
	} {
		out, code := im.rooted(t, nil, append(args, "--metrics", filepath.Join(im.decoy, "m.prom"))...)
		if code == exitDone {
			t.Errorf("%q: exit code 0\n%s", args, out)
		}
		if after := contentsOf(t, im.decoy); !slices.Equal(before, after) {
			t.Errorf("%q: left in the folder outside: %q", args, after)
		}
	}
}

// contentsOf are the names in a folder.
func contentsOf(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
