package walk_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gclean/internal/fixture"
	"gclean/walk"
)

func TestRemove(t *testing.T) {
	long := strings.Repeat("n", 255)
	files := []string{"keep/file", "pkg/a/b/c/file", "pkg/file", "pkg/a/" + long, "pkg/-rf", "file"}
	names := []string{"pkg", "file"}
	if runtime.GOOS != "windows" { // Windows does not allow such names
		files = append(files, "pkg/new\nline", "pkg/\xff\xfe")
	}
	if fixture.CanSymlink() == nil {
		files = append(files, "pkg/out -> ../keep", "pkg/a/out -> ../../keep/file", "link -> keep")
		names = append(names, "link")
	}
	top := tree(t, files...)
	d := open(t, top)
	var targets []walk.Target
	for _, name := range names {
		targets = append(targets, target(t, d, name))
	}
	for i, err := range walk.Remove(context.Background(), targets, walk.RemoveOptions{}) {
		if err != nil {
			t.Errorf("%s: %v", targets[i].Name, err)
		}
		if exists(filepath.Join(top, targets[i].Name)) {
			t.Errorf("%s is still there", targets[i].Name)
		}
	}
	if !exists(filepath.Join(top, "keep/file")) {
		t.Error("a symlink was followed")
	}
}

func TestRemoveDeep(t *testing.T) {
	top := tree(t, "trash/")
	d := open(t, top)
	cur, err := d.OpenBelow("")
	if err != nil {
		t.Fatal(err)
	}
	depth := 2000
	if fixture.Wine() {
		depth = 300 // all paths must fit into 4096 bytes
	}
	for i := range depth {
		for _, name := range []string{"down", "side"} {
			if err := cur.Mkdir(name, 0o755); err != nil {
				t.Fatal(i, err)
			}
		}
		next, err := cur.OpenDir("down")
		if err != nil {
			t.Fatal(err)
		}
		cur.Close()
		cur = next
	}
	cur.Close()
	most := 0
	opened := func(string, string) error {
		if fds, err := os.ReadDir("/proc/self/fd"); err == nil && runtime.GOOS == "linux" {
			most = max(most, len(fds))
		}
		return nil
	}
	errs := walk.Remove(context.Background(), []walk.Target{target(t, d, "down"), target(t, d, "side")},
		walk.RemoveOptions{Jobs: 1, Spill: open(t, filepath.Join(top, "trash")), Before: opened})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(top, "*/*"))
	if exists(filepath.Join(top, "down")) || len(left) > 0 {
		t.Fatalf("left: %v", left)
	}
	if most > 200 {
		t.Errorf("%d files open at a time", most)
	}
}

func TestRemoveReadOnlyFolders(t *testing.T) {
	top := tree(t, "pkg/ro/file", "pkg/none/file", "pkg/none/sub/file")
	for name, mode := range map[string]fs.FileMode{"pkg/ro/file": 0o444, "pkg/ro": 0o555, "pkg/none": 0, "pkg": 0o555} {
		if err := os.Chmod(filepath.Join(top, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	d := open(t, top)
	if err := errors.Join(walk.Remove(context.Background(), []walk.Target{target(t, d, "pkg")}, walk.RemoveOptions{})...); err != nil {
		t.Fatal(err)
	}
}

func TestRemoveChanged(t *testing.T) {
	top := tree(t, "pkg/file", "other/file")
	d := open(t, top)
	planned := target(t, d, "pkg")
	if err := os.Rename(filepath.Join(top, "pkg"), filepath.Join(top, "old")); err != nil {
		t.Fatal(err)
	}
	ways := map[string]func() error{
		"a symlink": func() error { return os.Symlink("other", filepath.Join(top, "pkg")) },
		"a folder":  func() error { return os.Mkdir(filepath.Join(top, "pkg"), 0o755) },
	}
	if fixture.CanSymlink() != nil {
		delete(ways, "a symlink")
	}
	for what, replace := range ways {
		if err := replace(); err != nil {
			t.Fatal(err)
		}
		err := walk.Remove(context.Background(), []walk.Target{planned}, walk.RemoveOptions{})[0]
		if !errors.Is(err, walk.ErrChanged) {
			t.Errorf("%s in its place: error %v", what, err)
		}
		if !exists(filepath.Join(top, "pkg")) || !exists(filepath.Join(top, "other/file")) {
			t.Errorf("%s in its place: something was removed", what)
		}
		os.Remove(filepath.Join(top, "pkg"))
	}
	if err := walk.Remove(context.Background(), []walk.Target{planned}, walk.RemoveOptions{})[0]; err != nil {
		t.Errorf("gone already: %v", err)
	}
}

// TestRemoveSwapped replaces a folder by a symlink out of the tree, before each change that
// Remove makes in turn.
func TestRemoveSwapped(t *testing.T) {
	fixture.NeedSymlinks(t)
	for step := range 12 {
		top := tree(t, "out/a/file", "out/file", "pkg/a/b/file", "pkg/a/file", "pkg/c/file")
		d := open(t, top)
		n := 0
		walk.Remove(context.Background(), []walk.Target{target(t, d, "pkg")}, walk.RemoveOptions{
			Jobs: 1,
			Before: func(string, string) error {
				if n++; n == step {
					for _, name := range []string{"pkg/a", "pkg/c", "pkg/a/b"} {
						path := filepath.Join(top, name)
						if os.Rename(path, filepath.Join(top, fmt.Sprint("moved", strings.Count(name, "/"), filepath.Base(name)))) == nil {
							os.Symlink(filepath.Join(top, "out"), path)
						}
					}
				}
				return nil
			},
		})
		for _, name := range []string{"out/a/file", "out/file"} {
			if !exists(filepath.Join(top, name)) {
				t.Errorf("step %d: %s is gone", step, name)
			}
		}
	}
}

func TestRemoveFaults(t *testing.T) {
	fault := errors.New("no")
	for step := 1; ; step++ {
		top := tree(t, "pkg/a/b/file", "pkg/file", "pkg2/file")
		d := open(t, top)
		targets := []walk.Target{target(t, d, "pkg"), target(t, d, "pkg2")}
		n := 0
		errs := walk.Remove(context.Background(), targets, walk.RemoveOptions{Jobs: 1, Before: func(op, path string) error {
			if n++; n == step {
				return fault
			}
			return nil
		}})
		if n < step {
			if err := errors.Join(errs...); err != nil {
				t.Fatalf("no fault, yet %v", err)
			}
			break
		}
		failed := 0
		for i, err := range errs {
			there := exists(targets[i].Path())
			if (err != nil) != there {
				t.Errorf("step %d: %s: error %v, there %v", step, targets[i].Name, err, there)
			}
			if err != nil {
				failed++
				if !errors.Is(err, fault) || !strings.Contains(err.Error(), targets[i].Path()) {
					t.Errorf("step %d: error %v", step, err)
				}
			}
		}
		if failed != 1 {
			t.Errorf("step %d: %d targets failed", step, failed)
		}
	}
}

func TestRemoveCancelled(t *testing.T) {
	top := tree(t, "pkg/a/file", "pkg/b/file")
	d := open(t, top)
	ctx, cancel := context.WithCancel(context.Background())
	err := walk.Remove(ctx, []walk.Target{target(t, d, "pkg")}, walk.RemoveOptions{Jobs: 1, Before: func(string, string) error {
		cancel()
		return nil
	}})[0]
	if !errors.Is(err, context.Canceled) || !exists(filepath.Join(top, "pkg")) {
		t.Errorf("error %v", err)
	}
}
