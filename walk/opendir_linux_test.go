package walk

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The same paths are opened with openat2 and without it.
func TestOpenDirFollowsNoMagicLinks(t *testing.T) {
	top := t.TempDir()
	for _, dir := range []string{"dir/sub", "closed/sub"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(top, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	self := fmt.Sprintf("/proc/%d", os.Getpid())
	for link, target := range map[string]string{
		"relative": "dir", "absolute": filepath.Join(top, "dir"), "up": "dir/../dir/sub", "chain": "relative/sub",
		"circle": "circle", "dangling": "none", "tofile": "file", "slashes": "dir///sub/.",
		"root": self + "/root" + top, "cwd": self + "/cwd", "self": "/proc/self/root", "thread": "/proc/thread-self/cwd",
		"through": "root/dir", "proc": "/proc/sys",
	} {
		if err := os.Symlink(target, filepath.Join(top, link)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(top, "dir"))
	if err := os.Chmod(filepath.Join(top, "closed"), 0o111); err != nil { // its names cannot be read, but its files can be opened
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(top, "closed"), 0o755) })
	for path, want := range map[string]error{
		"": unix.ENOENT, ".": nil, "..": nil, "sub": nil, "sub/": nil, "/": nil, "//": nil, "none": unix.ENOENT, "../file": unix.ENOTDIR,
		"../file/x": unix.ENOTDIR, top: nil, top + "/relative": nil, top + "/absolute/sub": nil, top + "/up": nil,
		top + "/chain": nil, top + "/slashes": nil, top + "/circle": unix.ELOOP, top + "/dangling": unix.ENOENT,
		top + "/tofile": unix.ENOTDIR, top + "/closed/sub": nil, top + "/proc": nil,
		top + "/root": ErrMagicLink, top + "/cwd": ErrMagicLink, top + "/thread": ErrMagicLink,
		top + "/self": ErrMagicLink, top + "/through": ErrMagicLink, top + "/through/sub": ErrMagicLink, self + "/cwd": ErrMagicLink,
	} {
		for name, open := range map[string]func(string) (int, error){"openDir": openDir, "openDirStepwise": openDirStepwise} {
			fd, err := open(path)
			if !errors.Is(err, want) || (err == nil) != (want == nil) {
				t.Errorf("%s(%q): %v, want %v", name, path, err, want)
			}
			if err != nil {
				continue
			}
			var got, is unix.Stat_t
			if err := errors.Join(unix.Fstat(fd, &got), unix.Stat(path, &is)); err != nil || got.Ino != is.Ino {
				t.Errorf("%s(%q) opened another folder: %v", name, path, err)
			}
			unix.Close(fd)
		}
	}
}

func TestBindMountsAreFoundWithoutOpenat2(t *testing.T) {
	const inMounts = "GCLEAN_TEST_MOUNTS"
	if os.Getenv(inMounts) == "" {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestBindMountsAreFoundWithoutOpenat2$", "-test.v")
		cmd.Env = append(os.Environ(), inMounts+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		}
		out, err := cmd.CombinedOutput()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Skip("this system makes no namespaces: ", err)
		}
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	top := t.TempDir()
	for _, dir := range []string{"pkg/lib", "pkg/plain", "elsewhere"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mount(filepath.Join(top, "elsewhere"), filepath.Join(top, "pkg/lib"), "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(filepath.Join(top, "pkg/lib"), unix.MNT_DETACH)
	pkg, err := openDir(filepath.Join(top, "pkg"))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pkg)
	for name, open := range map[string]func(int, string) (int, error){"openBelow": openBelow, "openBelowStepwise": openBelowStepwise} {
		if _, err := open(pkg, "lib"); err != ErrMountPoint {
			t.Errorf("%s of a bind mount: %v", name, err)
		}
		fd, err := open(pkg, "plain")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		byStatx, ok1 := mountOf(fd)
		byProc, ok2 := mountInProc(fd)
		if !ok2 || ok1 && byStatx != byProc {
			t.Errorf("the mount is %d (%v) by statx, %d (%v) by /proc", byStatx, ok1, byProc, ok2)
		}
		unix.Close(fd)
	}
}
