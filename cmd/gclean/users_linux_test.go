package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gclean/internal/asuser"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
	"gclean/walk"
)

// The users of the server that the test makes, and the group of a laboratory.
const (
	annUID = 20001 + iota
	bobUID
	danUID // whose home only dan can read
	eveUID // who is hostile
	fayUID
	labGID
)

// insideServer tells a test process that it has mounts of its own.
const insideServer = "GCLEAN_TEST_SERVER"

// TestServer has five users on a machine of their own: mounts in a namespace. Root has
// none of the rights by which it could read what is closed, as on a network file system
// that trusts no root.
func TestServer(t *testing.T) {
	if os.Getenv(insideServer) != "" {
		t.Skip("this is the inside")
	}
	for _, trace := range []bool{false, true} {
		t.Run(map[bool]string{false: "cleaned", true: "traced"}[trace], func(t *testing.T) { runInside(t, "TestServerInside", trace) })
	}
}

// runInside runs a test of this binary in a mount namespace.
func runInside(t *testing.T, test string, trace bool) {
	t.Helper()
	if os.Geteuid() != 0 || asuser.Able() != nil {
		t.Skip("only root can make users' processes")
	}
	exe, err := os.Executable()
	must(t, err)
	// Users start it by its handle, but the Go cache it is in may have no such bit.
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^"+test+"$", "-test.v", "-test.timeout=50s")
	cmd.Env = append(os.Environ(), insideServer+"="+fmt.Sprint(trace))
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM):
		t.Skip("no mount namespaces here")
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	case bytes.Contains(out, []byte("--- SKIP")):
		t.Skipf("%s", out)
	}
}

// server is the machine of the test.
type server struct{ t *testing.T }

func newServer(t *testing.T) *server {
	t.Helper()
	must(t, syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
	for _, dir := range []string{"/home", "/srv", "/opt", "/root", "/mnt"} {
		must(t, syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"))
	}
	s := &server{t}
	s.file("/mnt/passwd", fmt.Sprintf(`root:x:0:0::/root:/bin/sh
daemon:x:1:1::/usr/sbin:/bin/false
ann:x:%[1]d:%[1]d::/home/ann:/bin/sh
bob:x:%[2]d:%[2]d::/home/bob:/bin/sh
dan:x:%[3]d:%[3]d::/home/dan:/bin/sh
eve:x:%[4]d:%[4]d::/home/eve:/bin/sh
fay:x:%[5]d:%[5]d::/home/fay:/bin/sh
gus:x:30000:30000::/home/gus:/bin/sh
`, annUID, bobUID, danUID, eveUID, fayUID))
	s.file("/mnt/group", fmt.Sprintf("root:x:0:\nlab:x:%d:ann,bob\n", labGID))
	s.file("/mnt/nsswitch.conf", "passwd: files\ngroup: files\n")
	for _, name := range []string{"passwd", "group", "nsswitch.conf"} {
		if _, err := os.Stat("/etc/" + name); err != nil {
			t.Skipf("a system without /etc/%s", name)
		}
		must(t, syscall.Mount("/mnt/"+name, "/etc/"+name, "", syscall.MS_BIND, ""))
	}
	must(t, os.MkdirAll("/home/gus", 0o755)) // has nothing, and needs no process
	return s
}

func (s *server) file(path, text string) {
	s.t.Helper()
	must(s.t, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644))
}

// cache makes a cache with the packages of name-free and name-soft, which an
// environment of home has symlinks into.
func (s *server) cache(dir, name, home string) *fixture.Cache {
	s.t.Helper()
	c := cachetest.NewCache(s.t, dir)
	env := cachetest.NewEnv(s.t, filepath.Join(home, "envs", name))
	free, soft := cachetest.Pkg(name+"-free"), cachetest.Pkg(name+"-soft")
	must(s.t, c.Add(free), c.Add(soft), env.Link(c, soft, cachetest.SoftLink()), env.Register(filepath.Join(home, ".conda/environments.txt")))
	return c
}

// own gives what is at path to a user; what is somebody else's already stays.
func (s *server) own(path string, uid, gid int, mode fs.FileMode) {
	s.t.Helper()
	must(s.t, filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		fi, serr := os.Lstat(p)
		if serr != nil || fi.Sys().(*syscall.Stat_t).Uid != 0 {
			return errors.Join(err, serr)
		}
		return errors.Join(err, os.Lchown(p, uid, gid))
	}))
	must(s.t, os.Chmod(path, mode))
}

// TestServerInside is TestServer in its namespace.
func TestServerInside(t *testing.T) {
	if os.Getenv(insideServer) == "" {
		t.Skip("see TestServer")
	}
	s := newServer(t)
	for name, uid := range map[string]int{"ann": annUID, "bob": bobUID, "dan": danUID, "fay": fayUID} {
		home := "/home/" + name
		s.cache(home+"/.conda/pkgs", name, home)
		// Eve's doubts keep what she can read: nothing, as homes are on Debian and Ubuntu.
		mode, gid := fs.FileMode(0o750), uid
		switch name {
		case "dan":
			mode = 0o700
		case "fay":
			gid = labGID // so that bob can use her packages
		}
		s.own(home, uid, gid, mode)
	}
	// A cache of a group: ann's folder, named by ann and bob.
	s.file("/home/ann/.condarc", "pkgs_dirs: [/srv/lab/pkgs, ~/.conda/pkgs, /srv/scratch/ann/pkgs]\n")
	s.file("/home/bob/.condarc", "pkgs_dirs: [/srv/lab/pkgs, ~/.conda/pkgs]\n")
	lab := cachetest.NewCache(t, "/srv/lab/pkgs")
	labFree, labSoft := cachetest.Pkg("lab-free"), cachetest.Pkg("lab-soft")
	bobs := cachetest.NewEnv(t, "/home/bob/envs/lab")
	must(t, lab.Add(labFree), lab.Add(labSoft), bobs.Link(lab, labSoft, cachetest.SoftLink()), bobs.Register("/home/bob/.conda/environments.txt"))
	s.own("/srv/lab", annUID, labGID, 0o770)
	must(t, os.Chmod("/srv/lab/pkgs", 0o770|fs.ModeSetgid))
	s.own("/home/ann", annUID, annUID, 0o750)
	s.own("/home/bob", bobUID, bobUID, 0o750)
	// Bob's environment soft-links a package of fay's cache.
	fays := &fixture.Cache{Dir: "/home/fay/.conda/pkgs"}
	shared := cachetest.Pkg("fay-shared")
	other := cachetest.NewEnv(t, "/home/bob/envs/other")
	must(t, fays.Add(shared), other.Link(fays, shared, cachetest.SoftLink()), other.Register("/home/bob/.conda/environments.txt"))
	s.own("/home/fay", fayUID, labGID, 0o750)
	s.own("/home/bob/envs/other", bobUID, bobUID, 0o755)
	s.own("/home/bob", bobUID, bobUID, 0o750)
	s.hostile()

	before := cachetest.Tree(t, "/home/eve") + cachetest.Tree(t, "/srv/share") + cachetest.Tree(t, "/root")
	out, code, trace := s.clean(os.Getenv(insideServer) == "true", "--all", "--yes", "--all-users", "--json", "--lock-timeout", "200ms")
	t.Logf("exit code %d\n%s", code, out)
	if after := cachetest.Tree(t, "/home/eve") + cachetest.Tree(t, "/srv/share") + cachetest.Tree(t, "/root"); after != before {
		t.Errorf("what was not to change is\n%s\nwas\n%s", after, before)
	}
	for path, stays := range map[string]bool{
		"/home/ann/.conda/pkgs/ann-free-1.0-0": false, "/home/ann/.conda/pkgs/ann-soft-1.0-0": true,
		"/home/bob/.conda/pkgs/bob-free-1.0-0": false, "/home/bob/.conda/pkgs/bob-soft-1.0-0": true,
		"/home/dan/.conda/pkgs/dan-free-1.0-0": false, "/home/dan/.conda/pkgs/dan-soft-1.0-0": true,
		"/home/fay/.conda/pkgs/fay-free-1.0-0": false, "/home/fay/.conda/pkgs/fay-soft-1.0-0": true,
		"/home/fay/.conda/pkgs/fay-shared-1.0-0": true,
		"/srv/lab/pkgs/lab-free-1.0-0":           false, "/srv/lab/pkgs/lab-soft-1.0-0": true,
		"/srv/share/thesis/chapter1.tex": true,
	} {
		if _, err := os.Lstat(path); (err == nil) != stays {
			t.Errorf("%s: %v, to stay: %v", path, err, stays)
		}
	}
	var doc struct {
		Gclean struct {
			Users []struct {
				User    string
				Entries int
			}
			Warnings []struct{ Code, Path, Message string }
		}
	}
	must(t, json.Unmarshal([]byte(out), &doc))
	var who []string
	for _, u := range doc.Gclean.Users {
		who = append(who, u.User)
	}
	if got := strings.Join(who, " "); got != "ann bob dan fay" {
		t.Errorf("cleaned by %q", got)
	}
	if !slices.ContainsFunc(doc.Gclean.Warnings, func(w struct{ Code, Path, Message string }) bool { return strings.HasPrefix(w.Path, "/home/eve/") }) {
		t.Errorf("nothing is told of eve: %+v", doc.Gclean.Warnings)
	}
	if code != exitFailed { // eve's archive is locked
		t.Errorf("exit code %d", code)
	}
	for _, path := range trace {
		if in, ok := strings.CutPrefix(path, "/home/"); ok && in != "" {
			t.Errorf("root's process opened %s", path)
		}
	}
	if os.Getenv(insideServer) == "false" {
		s.quarantined()
	}
	// Whoever shares the cache can use it as before.
	fi, err := os.Stat("/srv/lab/pkgs")
	must(t, err)
	if st := fi.Sys().(*syscall.Stat_t); st.Gid != labGID || fi.Mode() != 0o770|fs.ModeDir|fs.ModeSetgid {
		t.Errorf("the cache of the group: %v %d", fi.Mode(), st.Gid)
	}
}

// quarantined checks that the process of ann puts aside what root's run lets go, and that
// it is ann's.
func (s *server) quarantined() {
	t := s.t
	c := &fixture.Cache{Dir: "/home/ann/.conda/pkgs"}
	must(t, c.AddExtracted(cachetest.Pkg("ann-late")))
	s.own("/home/ann", annUID, annUID, 0o750)
	out, _, _ := s.clean(false, "--packages", "--yes", "--all-users", "--json", "--quarantine", "7d", "--lock-timeout", "200ms")
	put, err := filepath.Glob(c.Path(".gclean-quarantine/*/ann-late-1.0-0"))
	must(t, err)
	if len(put) != 1 || !strings.Contains(out, `"state": "quarantined"`) {
		t.Fatalf("in quarantine: %s\n%s", put, out)
	}
	for _, path := range []string{put[0], filepath.Join(put[0], "../note.json"), c.Path(".gclean-quarantine")} {
		if fi, err := os.Lstat(path); err != nil || fi.Sys().(*syscall.Stat_t).Uid != annUID {
			t.Errorf("%s: %v, %+v", path, err, fi)
		}
	}
}

// hostile makes what eve may do to others.
func (s *server) hostile() {
	t := s.t
	// A symlink where a colleague's cache was to be created.
	must(t, os.MkdirAll("/srv/scratch", 0o755), os.Chmod("/srv/scratch", 0o777|fs.ModeSticky), os.Symlink("/home/fay/.conda", "/srv/scratch/ann"))
	// A folder of everybody that she calls a cache.
	s.file("/srv/share/urls.txt", "http://x/thesis.tar.bz2\n")
	s.file("/srv/share/thesis/chapter1.tex", "years of work\n")
	s.own("/srv/share/thesis", bobUID, bobUID, 0o700)
	s.own("/srv/share", eveUID, eveUID, 0o777|fs.ModeSticky)
	s.file("/home/eve/.config/conda/.condarc", "pkgs_dirs: [~/.conda/pkgs, /srv/share, /home/fay/.conda/pkgs, /root, /]\n")
	// What never ends.
	must(t, syscall.Mkfifo("/home/eve/.condarc", 0o644))
	must(t, os.MkdirAll("/home/eve/.conda", 0o755), os.Symlink("/dev/zero", "/home/eve/.conda/environments.txt"))
	s.file("/home/eve/.mambarc", "")
	must(t, os.Truncate("/home/eve/.mambarc", 1<<30))
	// A cache that stays locked.
	c := cachetest.NewCache(t, "/home/eve/.conda/pkgs")
	must(t, c.Add(cachetest.Pkg("eve-free")))
	s.own("/home/eve", eveUID, eveUID, 0o755)
	dir, err := walk.Open(c.Dir)
	must(t, err)
	lock, err := dir.LockFile("urls.txt", walk.Fcntl, false)
	must(t, err)
	t.Cleanup(func() { lock.Unlock(); dir.Close() })
	must(t, os.Lchown("/srv/scratch/ann", eveUID, eveUID))
}

// clean runs gclean, root without its rights over files of others, and returns what the
// process of root has opened, if that is asked for.
func (s *server) clean(trace bool, args ...string) (out string, code int, opened []string) {
	t := s.t
	exe, err := os.Executable()
	must(t, err)
	command := append([]string{exe}, args...)
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("setpriv is not installed")
	}
	const less = "-dac_override,-dac_read_search,-fowner,-chown"
	command = append([]string{"setpriv", "--bounding-set=" + less, "--inh-caps=" + less}, command...)
	log := "/mnt/trace"
	if trace {
		if _, err := exec.LookPath("strace"); err != nil {
			t.Skip("strace is not installed")
		}
		command = append([]string{"strace", "-f", "-qq", "-y", "-s", "0", "-o", log, "-e", "trace=open,openat,openat2,clone,clone3,vfork,execve"}, command...)
	}
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = []string{asCommand + "=1", "HOME=/root", "PATH=" + os.Getenv("PATH")}
	cmd.Dir = "/"
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	_ = cmd.Run()
	t.Logf("%v\n%s", time.Since(began), stderr.String())
	if trace {
		data, err := os.ReadFile(log)
		must(t, err)
		if opened = openedByFirst(string(data)); len(opened) < 10 {
			t.Skipf("strace may not trace here: %s", stderr.String())
		}
	}
	return stdout.String(), cmd.ProcessState.ExitCode(), opened
}

// openedByFirst are the paths that the first process of a trace has opened, in all of
// its threads.
func openedByFirst(trace string) (paths []string) {
	line := regexp.MustCompile(`^(\d+) +(\w+)\((.*)`)
	resumed := regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)`)
	made := regexp.MustCompile(`= (\d+)(?:<([^>]*)>)?\s*$`)
	begun := map[string]string{} // by thread: the call that is not finished
	own := map[string]bool{}
	for text := range strings.Lines(trace) {
		m := line.FindStringSubmatch(text)
		if m == nil {
			if m = resumed.FindStringSubmatch(text); m == nil {
				continue
			}
			m[3] = begun[m[1]] + m[3]
		}
		thread, call, rest := m[1], m[2], m[3]
		if len(own) == 0 {
			own[thread] = true
		}
		if !own[thread] {
			continue
		}
		if before, _, cut := strings.Cut(rest, "<unfinished"); cut {
			begun[thread] = before
			continue
		}
		end := made.FindStringSubmatch(rest)
		switch {
		case end == nil:
		case strings.HasPrefix(call, "clone"):
			if strings.Contains(rest, "CLONE_THREAD") {
				own[end[1]] = true
			}
		case strings.HasPrefix(call, "open"):
			paths = append(paths, end[2])
		}
	}
	return paths
}
