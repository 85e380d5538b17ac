package walk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"gclean/internal/fixture"
	"gclean/walk"
)

func TestReadOnlyFilesAreRemoved(t *testing.T) {
	top := tree(t, "pkg/a/file", "keep/file")
	if err := os.Link(filepath.Join(top, "pkg/a/file"), filepath.Join(top, "keep/link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(top, "pkg/a/file"), 0o444); err != nil {
		t.Fatal(err)
	}
	d := open(t, top)
	if err := walk.Remove(context.Background(), []walk.Target{target(t, d, "pkg")}, walk.RemoveOptions{})[0]; err != nil {
		t.Fatal(err)
	}
	if exists(filepath.Join(top, "pkg")) || !exists(filepath.Join(top, "keep/link")) {
		t.Error("the wrong things are gone")
	}
	if fi, err := os.Stat(filepath.Join(top, "keep/link")); err != nil || fi.Mode()&0o222 != 0 {
		t.Errorf("the other name of a read-only file is %v, %v", fi, err)
	}
}

// TestIsGone checks errors of Windows for missing files and for unreachable ones.
func TestIsGone(t *testing.T) {
	for err, want := range map[error]bool{
		windows.ERROR_FILE_NOT_FOUND: true, windows.ERROR_PATH_NOT_FOUND: true,
		windows.ERROR_BAD_NETPATH: false, windows.ERROR_BAD_NET_NAME: false, windows.ERROR_NOT_READY: false, windows.ERROR_ACCESS_DENIED: false,
		windows.ERROR_NETWORK_UNREACHABLE: false, windows.ERROR_NETNAME_DELETED: false, windows.ERROR_UNEXP_NET_ERR: false,
	} {
		if got := walk.IsGone(&os.PathError{Op: "open", Path: `\\server\share`, Err: err}); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}

func TestRoots(t *testing.T) {
	top := t.TempDir()
	for path, want := range map[string]bool{filepath.VolumeName(top) + `\`: true, top: false} {
		if got := open(t, path).IsRoot(); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	if fixture.Wine() {
		if !open(t, `Z:\`).IsRoot() { // another drive than the current one
			t.Error("Z: is no root")
		}
	}
}

// TestReal resolves a junction, which filepath.EvalSymlinks does not.
func TestReal(t *testing.T) {
	if fixture.Wine() {
		t.Skip("Wine has no junctions")
	}
	top := tree(t, "to/file")
	want, err := walk.Real(filepath.Join(top, "to"))
	if err != nil {
		t.Fatal(err)
	}
	makeFolderLink(t, filepath.Join(top, "to"), filepath.Join(top, "link"))
	if got, err := walk.Real(filepath.Join(top, "link")); err != nil || got != want {
		t.Errorf("%s %v, want %s", got, err, want)
	}
	if _, err := walk.Real(filepath.Join(top, "none")); !walk.IsGone(err) {
		t.Errorf("error %v", err)
	}
}

// TestNotAFolder checks that errors about something that is not a folder are like those of
// Unix.
func TestNotAFolder(t *testing.T) {
	top := tree(t, "file")
	if _, err := walk.Open(filepath.Join(top, "file")); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("error %v", err)
	}
	if _, err := open(t, top).OpenDir("file"); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("error %v", err)
	}
}

// TestLinksAreNotEntered has a link to a folder in a package: a junction, which needs no
// privilege, or under Wine a symlink of Unix.
func TestLinksAreNotEntered(t *testing.T) {
	top := tree(t, "out/file", "pkg/a/file", "pkg/b")
	makeFolderLink(t, filepath.Join(top, "out"), filepath.Join(top, "pkg", "a", "link"))
	d := open(t, top)
	trees, _, err := walk.Measure(context.Background(), []walk.Root{{Dir: d, Name: "pkg"}}, walk.MeasureOptions{})
	if err != nil || trees[0].Err != nil {
		t.Fatal(err, trees[0].Err)
	}
	if u := trees[0].Usage; u.Dirs != 2 || u.Files != 3 {
		t.Errorf("the link was followed: %+v", u)
	}
	err = walk.Remove(context.Background(), []walk.Target{target(t, d, "pkg")}, walk.RemoveOptions{})[0]
	if !exists(filepath.Join(top, "out", "file")) {
		t.Error("the link was followed")
	}
	switch {
	case !fixture.Wine():
		if err != nil || exists(filepath.Join(top, "pkg")) {
			t.Errorf("pkg is still there: %v", err)
		}
	case !errors.Is(err, walk.ErrChanged):
		// Wine shows that it is a link only when the folder is listed.
		t.Errorf("error %v", err)
	}
}

func makeFolderLink(t *testing.T, to, path string) {
	t.Helper()
	dir, name := filepath.Split(path)
	if !fixture.Wine() {
		start(t, dir, os.Getenv("ComSpec"), "/c", "mklink", "/J", path, to).Wait()
	} else {
		rel, err := filepath.Rel(dir, to)
		if err != nil {
			t.Fatal(err)
		}
		start(t, dir, `Z:\bin\ln`, "-s", filepath.ToSlash(rel), name)
		t.Cleanup(func() {
			if exists(path) {
				start(t, dir, `Z:\bin\rm`, name)
				await(t, "the link does not go", func() bool { return !exists(path) })
			}
		})
	}
	await(t, "no link was made", func() bool { return exists(path) })
}

func start(t *testing.T, dir, program string, args ...string) *os.Process {
	t.Helper()
	p, err := os.StartProcess(program, append([]string{program}, args...), &os.ProcAttr{Dir: dir, Files: make([]*os.File, 3)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// await polls: Wine starts programs of Unix, but cannot wait for them.
func await(t *testing.T, failure string, done func() bool) {
	t.Helper()
	tick, deadline := time.NewTicker(time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(failure)
		}
	}
}

func TestOpenFilesCanBeRemoved(t *testing.T) {
	top := tree(t, "pkg/file")
	d := open(t, top)
	f, err := open(t, filepath.Join(top, "pkg")).OpenFile("file")
	if err != nil {
		t.Fatal(err)
	}
	err = walk.Remove(context.Background(), []walk.Target{target(t, d, "pkg")}, walk.RemoveOptions{})[0]
	f.Close()
	if fixture.Wine() {
		return // Wine 8 has no POSIX semantics: the folder is not empty until f is closed
	}
	if err != nil {
		t.Error(err)
	}
}

func TestFileOpenWithoutSharing(t *testing.T) {
	top := tree(t, "pkg/a/file", "pkg/b")
	p, err := windows.UTF16PtrFromString(filepath.Join(top, "pkg", "a", "file"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(p, windows.GENERIC_READ, windows.FILE_SHARE_READ, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, top)
	planned := target(t, d, "pkg")
	err = walk.Remove(context.Background(), []walk.Target{planned}, walk.RemoveOptions{})[0]
	if !errors.Is(err, windows.ERROR_SHARING_VIOLATION) || !strings.Contains(err.Error(), filepath.Join("pkg", "a", "file")) {
		t.Errorf("error %v", err)
	}
	windows.CloseHandle(h)
	if err := walk.Remove(context.Background(), []walk.Target{planned}, walk.RemoveOptions{})[0]; err != nil {
		t.Error(err)
	}
}

// TestLocksOfMamba locks the byte that mamba locks, 21 (MAMBA_LOCK_POS in
// libmamba/include/mamba/core/util.hpp).
func TestLocksOfMamba(t *testing.T) {
	top := tree(t, "pkgs.lock")
	f, err := os.OpenFile(filepath.Join(top, "pkgs.lock"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{Offset: 21}); err != nil {
		t.Fatal(err)
	}
	d := open(t, top)
	if _, err := d.LockFile("pkgs.lock", walk.Fcntl, true); !errors.Is(err, walk.ErrLocked) {
		t.Errorf("error %v, want ErrLocked", err)
	}
	f.Close()
	l, err := d.LockFile("pkgs.lock", walk.Fcntl, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.LockFile("pkgs.lock", walk.Fcntl, true); !errors.Is(err, walk.ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	if err := l.Unlock(); err != nil || !exists(filepath.Join(top, "pkgs.lock")) {
		t.Errorf("error %v; a lock file that was there has to stay", err)
	}
	l, err = d.LockFile("new.lock", walk.Fcntl, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Unlock(); err != nil || exists(filepath.Join(top, "new.lock")) {
		t.Errorf("error %v; a lock file that was made has to go", err)
	}
}

func TestRenameReplacesNothing(t *testing.T) {
	top := tree(t, "a/file", "b/", "one", "two")
	d := open(t, top)
	for _, names := range [][2]string{{"a", "b"}, {"one", "two"}} {
		if err := d.Rename(names[0], d, names[1]); !errors.Is(err, os.ErrExist) {
			t.Errorf("%s to %s: error %v", names[0], names[1], err)
		}
	}
	if err := d.Rename("a", open(t, filepath.Join(top, "b")), "c"); err != nil || !exists(filepath.Join(top, "b/c/file")) {
		t.Error(err)
	}
}

// TestHandleSurvivesRename renames an open folder: the handle still works on that folder,
// not on another that has its old name.
func TestHandleSurvivesRename(t *testing.T) {
	top := tree(t, "pkg/file")
	d, err := walk.Open(filepath.Join(top, "pkg"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := os.Rename(filepath.Join(top, "pkg"), filepath.Join(top, "moved")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir(filepath.Join(top, "pkg"), 0o755), os.WriteFile(filepath.Join(top, "pkg", "file"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if st, err := d.Lstat("file"); err != nil || st.Size == 0 {
		t.Errorf("%+v, %v", st, err)
	}
	if fixture.Wine() {
		t.Skip("Wine 8 removes by the name that the folder had when it was opened")
	}
	if err := d.Unlink("file"); err != nil || exists(filepath.Join(top, "moved", "file")) || !exists(filepath.Join(top, "pkg", "file")) {
		t.Errorf("the wrong file is gone: %v", err)
	}
}

func TestStreamNamesAreRefused(t *testing.T) {
	d := open(t, tree(t, "a"))
	for _, name := range []string{"a:stream", `a\b`, `C:`} {
		if err := d.Create(name); err == nil {
			t.Errorf("%q was made", name)
		}
	}
}

// TestChangeTime has a file with an old time, as after unpacking: a new link still changes
// its change time.
func TestChangeTime(t *testing.T) {
	top := tree(t, "file")
	old := time.Now().Add(-1000 * time.Hour)
	if err := os.Chtimes(filepath.Join(top, "file"), old, old); err != nil {
		t.Fatal(err)
	}
	st, err := open(t, top).Lstat("file")
	if err != nil {
		t.Fatal(err)
	}
	if time.Since(time.Unix(0, st.Mtime)) < 999*time.Hour || time.Since(time.Unix(0, st.Ctime)) > time.Hour {
		t.Errorf("%+v", st)
	}
}

// TestMove: the handle is compared with the expected file, and the ID returned is that at
// the new place. Under Wine both are equal, because it has no FAT.
func TestMove(t *testing.T) {
	top := tree(t, "a/file", "other/file", "trash/")
	d, trash := open(t, top), open(t, filepath.Join(top, "trash"))
	a, err := d.Lstat("a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Move("other", a.ID, trash, "1"); !errors.Is(err, walk.ErrChanged) || !exists(filepath.Join(top, "other/file")) {
		t.Errorf("another than was looked at: %v", err)
	}
	id, err := d.Move("a", a.ID, trash, "1")
	if err != nil {
		t.Fatal(err)
	}
	if now, err := trash.Lstat("1"); err != nil || now.ID != id {
		t.Errorf("%v, %v, was told %v", now.ID, err, id)
	}
	if err := walk.Remove(context.Background(), []walk.Target{{Dir: trash, Name: "1", ID: id}}, walk.RemoveOptions{})[0]; err != nil {
		t.Error(err)
	}
}
