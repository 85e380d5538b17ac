package removal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/walk"
)

func TestExecuteFaults(t *testing.T) {
	t.Parallel()
	fault := errors.New("no space left on device")
	for step := 1; ; step += stride() {
		c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
		must(t, c.Add(pkg("a")), c.Add(pkg("b")), c.AddLog("x.log"))
		o := options(c, cache.All()...)
		p := prepare(t, o)
		n := 0
		r := removal.Execute(context.Background(), p, removal.Options{Jobs: 1, Before: func(string, string) error {
			if n++; n == step {
				return fault
			}
			return nil
		}})
		if n < step {
			break
		}
		// Whatever failed, each entry is whole or removed, and a second run finishes.
		for _, name := range []string{"a", "b"} {
			dir := c.Path(name + "-1.0-0")
			_, err := os.Lstat(dir)
			_, data := os.Lstat(filepath.Join(dir, "share", name, "data"))
			_, info := os.Lstat(filepath.Join(dir, "info", "index.json"))
			if err == nil && (data != nil || info != nil) {
				t.Errorf("step %d: %s is half there", step, dir)
			}
		}
		if len(r.Removed)+len(r.Failures) != len(p.Remove) {
			t.Errorf("step %d: %d removed, %d failed, of %d", step, len(r.Removed), len(r.Failures), len(p.Remove))
		}
		again := prepare(t, o)
		if r := removal.Execute(context.Background(), again, removal.Options{}); len(r.Failures) > 0 {
			t.Errorf("step %d: %+v", step, r.Failures)
		}
		if left := prepare(t, o); len(left.Remove) > 0 {
			t.Errorf("step %d: left %s", step, names(left.Remove))
		}
		// Removing the trash folder itself may have failed.
		if left, _ := os.ReadDir(c.Path(".gclean-trash")); len(left) > 0 {
			t.Errorf("step %d: in the trash: %v", step, left)
		}
	}
}

// If -f could not empty a cache, the next run must still recognize it as one.
func TestForceRemovesMarksLast(t *testing.T) {
	t.Parallel()
	fault := errors.New("no")
	for step := 1; ; step += stride() {
		c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
		must(t, c.Add(pkg("a")), c.AddLog("x.log"))
		p := prepare(t, options(c, cache.PkgsDirs))
		n := 0
		removal.Execute(context.Background(), p, removal.Options{Jobs: 1, Before: func(_, path string) error {
			n++
			if left, _ := os.ReadDir(c.Dir); len(left) > 2 {
				if _, err := os.Lstat(c.Path("urls.txt")); err != nil {
					t.Errorf("before %s: %v", path, err)
				}
			}
			if n == step {
				return fault
			}
			return nil
		}})
		if n < step {
			break
		}
		if left, _ := os.ReadDir(c.Dir); len(left) > 0 && cache.Inspect(c.Dir, nil) != nil {
			t.Errorf("step %d: %v is left in what is no cache any more", step, left)
		}
		again := prepare(t, options(c, cache.PkgsDirs))
		removal.Execute(context.Background(), again, removal.Options{})
		if left, _ := os.ReadDir(c.Dir); len(left) > 0 {
			t.Errorf("step %d: left %v", step, left)
		}
	}
}

func TestReplacedBetweenPlanAndRemoval(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	out := filepath.Join(top, "out")
	must(t, c.Add(pkg("a")), os.MkdirAll(filepath.Join(out, "info"), 0o755), os.WriteFile(filepath.Join(out, "file"), nil, 0o644))
	p := prepare(t, options(c, cache.Packages, cache.Tarballs))
	must(t, os.Rename(c.Path("a-1.0-0"), c.Path("moved")), fixture.Symlink(out, c.Path("a-1.0-0")))
	r := removal.Execute(context.Background(), p, removal.Options{})
	if len(r.Removed) != 1 || len(r.Failures) != 1 || !errors.Is(r.Failures[0].Err, walk.ErrChanged) {
		t.Errorf("%+v", r)
	}
	for _, path := range []string{filepath.Join(out, "file"), c.Path("moved/info/index.json")} {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
}

// On NFS, an open file remains in the trash under another name, until a later run.
func TestOpenFilesAreNoFailure(t *testing.T) {
	t.Parallel()
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.Add(pkg("a")))
	o := options(c, cache.Packages, cache.Trash)
	open := func(op, path string) error {
		if op == "unlink" && filepath.Base(path) == "data" {
			return walk.ErrStillOpen
		}
		return nil
	}
	for i, removed := range []int{1, 0} { // the second run finds it in the trash
		r := removal.Execute(context.Background(), prepare(t, o), removal.Options{Before: open})
		if len(r.Removed) != removed || len(r.Failures) > 0 || len(r.Problems) != 1 || r.Problems[0].Code != removal.CodeStillOpen {
			t.Errorf("run %d: %+v", i, r)
		}
	}
	r := removal.Execute(context.Background(), prepare(t, o), removal.Options{})
	if _, err := os.Lstat(c.Path(".gclean-trash")); len(r.Removed) != 1 || len(r.Problems) > 0 || err == nil {
		t.Errorf("when it is closed: %+v, %v", r, err)
	}
}
