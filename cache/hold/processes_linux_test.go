package hold

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gclean/walk"
)

// helperMounts is the variable that tells a helper, which is this test binary, what to
// mount before it is ready: nothing, or "FROM:TO".
const helperMounts = "GCLEAN_TEST_HELPER_MOUNTS"

// TestHelper is not a test: the other tests start it as a helper.
func TestHelper(t *testing.T) {
	mount, ok := os.LookupEnv(helperMounts)
	if !ok {
		t.Skip("started by other tests")
	}
	if from, to, ok := strings.Cut(mount, ":"); ok {
		if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
			os.Stdout.WriteString("cannot mount: " + err.Error() + "\n")
			return
		}
	}
	os.Stdout.WriteString("ready\n")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
}

// start runs this test binary as a helper until the test ends, with name as its first
// argument. It returns the process ID when the helper is ready.
func start(t *testing.T, name, mount string, change func(*exec.Cmd)) int {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Args = []string{name, "-test.run=^TestHelper$"}
	cmd.Env = append(os.Environ(), helperMounts+"="+mount)
	if change != nil {
		change(cmd)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, unix.EPERM) {
			t.Skipf("no namespaces here: %v", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		io.Copy(io.Discard, stdout)
		cmd.Wait()
	})
	switch line, err := bufio.NewReader(stdout).ReadString('\n'); {
	case err != nil:
		t.Fatal(err)
	case line != "ready\n":
		t.Skip(line)
	}
	return cmd.Process.Pid
}

// visible reads the system. It skips the test if some processes cannot be seen.
func visible(t *testing.T) System {
	t.Helper()
	sys := ReadSystem()
	if sys.Seen.Hidden != nil || sys.MountsErr != nil {
		t.Skipf("not all is to be seen here: %v, %v", sys.Seen.Hidden, sys.MountsErr)
	}
	return sys
}

func TestReadSystem(t *testing.T) {
	before := time.Now()
	pid := start(t, "conda", "", nil)
	sys := visible(t)
	if !sys.Own[os.Getpid()] || !sys.Own[os.Getppid()] || sys.Own[pid] || sys.Self.PID != os.Getpid() {
		t.Errorf("own %v of %d", sys.Own, sys.Self.PID)
	}
	if at, ok := sys.Mounts.At("/proc"); !ok || at.Type != "proc" {
		t.Errorf("/proc is on %+v", at)
	}
	for _, i := range Installers(sys.Processes, sys.Own) {
		if i.PID != pid {
			continue
		}
		if i.Started.After(time.Now()) || i.Started.Before(before.Add(-3*time.Second)) {
			t.Errorf("started %v, after %v", i.Started, before)
		}
		if i.Name != "conda" || i.Command != "" || i.UID != os.Geteuid() && i.UID != AnyUser {
			t.Errorf("%+v", i)
		}
		return
	}
	t.Errorf("no installer %d among %v", pid, sys.Processes)
}

// packages makes folders like those of extracted packages, with bin and share in them.
func packages(t *testing.T, names ...string) (cache string, ids map[string]walk.ID) {
	t.Helper()
	cache, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ids = map[string]walk.ID{}
	for _, name := range names {
		for _, sub := range []string{"bin", "share/x"} {
			if err := os.MkdirAll(filepath.Join(cache, name, sub), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if ids[name], err = walk.Identify(filepath.Join(cache, name)); err != nil {
			t.Fatal(err)
		}
	}
	return cache, ids
}

// copySelf copies the program of this test.
func copySelf(t *testing.T, program string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, data, 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestProcessesInPackages(t *testing.T) {
	cache, ids := packages(t, "run-1.0-0", "gone-1.0-0", "work-1.0-0", "free-1.0-0")
	runs := func(name string) string {
		program := filepath.Join(cache, name, "bin", "x")
		copySelf(t, program)
		start(t, "x", "", func(cmd *exec.Cmd) { cmd.Path = program })
		return program
	}
	runs("run-1.0-0")
	if err := os.Remove(runs("gone-1.0-0")); err != nil {
		t.Fatal(err)
	}
	start(t, "x", "", func(cmd *exec.Cmd) { cmd.Dir = filepath.Join(cache, "work-1.0-0", "share", "x") })
	u := NewUses(visible(t))
	for name, want := range map[string]UseKind{"run-1.0-0": RunsFrom, "gone-1.0-0": RunsFrom, "work-1.0-0": WorksIn, "free-1.0-0": 0} {
		if use, used := u.Of(ids[name], filepath.Join(cache, name)); use.Kind != want || used != (want != 0) {
			t.Errorf("%s: %+v", name, use)
		}
	}
	if u.Unseen() != nil {
		t.Logf("others are not to be seen here: %v", u.Unseen())
	}
}

func TestMountInAnotherNamespace(t *testing.T) {
	cache, ids := packages(t, "all-1.0-0", "part-1.0-0", "file-1.0-0", "free-1.0-0")
	target := t.TempDir()
	file := filepath.Join(cache, "file-1.0-0", "bin", "x")
	for _, path := range []string{file, filepath.Join(target, "f")} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(target, "d"), 0o755); err != nil {
		t.Fatal(err)
	}
	apart := func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS} }
	for from, to := range map[string]string{filepath.Join(cache, "all-1.0-0"): "d", filepath.Join(cache, "part-1.0-0", "share"): "d", file: "f"} {
		start(t, "x", from+":"+filepath.Join(target, to), apart)
	}
	u := NewUses(visible(t))
	for name, want := range map[string]UseKind{"all-1.0-0": MountedAt, "part-1.0-0": MountedAt, "file-1.0-0": MountedAt, "free-1.0-0": 0} {
		use, used := u.Mounted(cache, name)
		if use.Kind != want || used != (want != 0) || used && filepath.Dir(use.Path) != target {
			t.Errorf("%s: %+v", name, use)
		}
		if use, used := u.Of(ids[name], filepath.Join(cache, name)); used {
			t.Errorf("%s: %v", name, use)
		}
	}
}

func TestProgramInAnotherNamespace(t *testing.T) {
	cache, ids := packages(t, "run-1.0-0")
	hidden := t.TempDir()
	copySelf(t, filepath.Join(cache, "run-1.0-0", "bin", "x"))
	// In its namespace the cache is mounted over a folder that is empty here.
	shell := `mount --bind "$1" "$2" && exec "$2/run-1.0-0/bin/x" "-test.run=^TestHelper$" || echo "no bind mounts"`
	start(t, "sh", "", func(cmd *exec.Cmd) {
		cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", shell, "sh", cache, hidden}
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	})
	u := NewUses(visible(t))
	if use, used := u.Of(ids["run-1.0-0"], filepath.Join(cache, "run-1.0-0")); !used || use.Kind != RunsFrom || !strings.HasPrefix(use.Path, hidden) {
		t.Errorf("%+v", use)
	}
}

func TestLayerOfAnOverlay(t *testing.T) {
	cache, ids := packages(t, "layer-1.0-0", "free-1.0-0")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(cache, link); err != nil {
		t.Fatal(err)
	}
	shell := `mount -t overlay overlay -o "lowerdir=$1/layer-1.0-0/share:/usr" /mnt && exec "$2" "-test.run=^TestHelper$"`
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	start(t, "sh", "", func(cmd *exec.Cmd) {
		cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", shell + ` || echo "no overlay"`, "sh", link, exe}
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	})
	u := NewUses(visible(t))
	for name, want := range map[string]UseKind{"layer-1.0-0": LayerOf, "free-1.0-0": 0} {
		if use, used := u.Of(ids[name], filepath.Join(cache, name)); use.Kind != want || used != (want != 0) {
			t.Errorf("%s: %+v", name, use)
		}
	}
}

func TestReadProcInPieces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	text := strings.Repeat("0123456789", 3000)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 5)
	for _, most := range []int{1, 5000, 30000, 1 << 20} {
		if got, err := readProc(path, buffer, most); err != nil || string(got) != text[:min(most, len(text))] {
			t.Errorf("%d: %d bytes, %v", most, len(got), err)
		}
	}
	if _, err := readProc(path+"x", nil, 1); !processEnded(err) {
		t.Errorf("%v", err)
	}
}
