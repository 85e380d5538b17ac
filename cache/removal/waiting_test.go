package removal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/walk"
)

// locked makes a cache that another process has locked.
func locked(t *testing.T) *fixture.Cache {
	t.Helper()
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("a")))
	holdLock(t, c.Dir, "pkgs.lock")
	return c
}

// holdLock locks a file in a folder, as mamba does, until the test ends.
func holdLock(t *testing.T, folder, name string) {
	t.Helper()
	dir, err := walk.Open(folder)
	must(t, err)
	lock, err := dir.LockFile(name, walk.Fcntl, true)
	must(t, err)
	t.Cleanup(func() { lock.Unlock(); dir.Close() })
}

// The run has one timeout for all locked caches, and cleans the others first.
func TestOneTimeoutForAllLocks(t *testing.T) {
	first, second, third := locked(t), locked(t), locked(t)
	free := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, free.AddExtracted(pkg("b")))
	o := options(first, cache.Packages)
	o.Discovery = at("").Discovery
	o.Discovery.Caches = nil
	for _, c := range []*fixture.Cache{first, second, free, third} {
		o.Discovery.Caches = append(o.Discovery.Caches, options(c).Discovery.Caches...)
	}
	var order, waits []string
	r := removal.Execute(context.Background(), prepare(t, o), removal.Options{
		LockTimeout: 250 * time.Millisecond,
		Waiting:     func(path string) { waits = append(waits, filepath.Dir(path)) },
		Done:        func(e *cache.Entry, _ error) { order = append(order, e.Dir) },
	})
	if len(r.Removed) != 1 || len(r.Failures) != 3 || order[0] != free.Dir {
		t.Errorf("in the order %q: %+v", order, r)
	}
	if len(waits) != 1 || waits[0] != first.Dir {
		t.Errorf("waited for %q", waits)
	}
	for i, f := range r.Failures {
		timeout := (*removal.LockTimeoutError)(nil)
		if !errors.As(f.Err, &timeout) || (timeout.Timeout > 0) != (i == 0) {
			t.Errorf("%v after %v", f.Err, timeout)
		}
	}
}

// mamba locks a cache by the name in its own configuration, which may be that of a symlink.
// A lock file of any name locks its folder.
func TestLockByAnotherName(t *testing.T) {
	for _, name := range []string{"pkgs", "cache", "shared-conda", "mamba"} {
		c := newCache(t, filepath.Join(t.TempDir(), "cache"))
		must(t, c.Add(pkg("a")))
		holdLock(t, c.Dir, name+".lock")
		r := removal.Execute(context.Background(), prepare(t, options(c, cache.All()...)), removal.Options{})
		if len(r.Removed) > 0 || len(r.Failures) != 2 {
			t.Errorf("%s.lock: %+v", name, r)
		}
	}
}

// A run locks every known name of a cache before it removes anything.
func TestLocksEveryName(t *testing.T) {
	fixture.NeedSymlinks(t)
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "real"))
	must(t, c.AddExtracted(pkg("a")), fixture.Symlink(c.Dir, filepath.Join(top, "alias")), fixture.Symlink(c.Dir, filepath.Join(top, "other")))
	o := at(filepath.Join(top, "alias"), cache.Packages)
	o.Discovery.Caches = append(o.Discovery.Caches, at(filepath.Join(top, "other")).Discovery.Caches...)
	seen := map[string]bool{}
	r := removal.Execute(context.Background(), prepare(t, o), removal.Options{Jobs: 1, Before: func(op, _ string) error {
		if op == "rename" {
			for _, name := range []string{"real.lock", "alias.lock", "other.lock", "pkgs.lock"} {
				_, err := os.Lstat(c.Path(name))
				seen[name] = err == nil
			}
		}
		return nil
	}})
	if len(r.Removed) != 1 || len(seen) != 4 {
		t.Fatalf("%v, %+v", seen, r)
	}
	for name, there := range seen {
		if !there {
			t.Errorf("%s is not locked", name)
		}
		if _, err := os.Lstat(c.Path(name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
}

// The lock of an entry does not lock the folder: mamba locks archives too.
func TestLockOfEntryDoesNotLockFolder(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.Add(pkg("a")), c.AddExtracted(pkg("b")))
	holdLock(t, c.Dir, "a-1.0-0.conda.lock")
	r := removal.Execute(context.Background(), prepare(t, options(c, cache.Packages)), removal.Options{})
	if len(r.Removed) != 2 || len(r.Failures) > 0 {
		t.Errorf("%+v", r)
	}
}
