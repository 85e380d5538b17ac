package removal_test

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
	"time"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/meta"
	"gclean/walk"
)

// victim is a cache, and an environment that uses part of it.
type victim struct {
	c    *fixture.Cache
	env  *fixture.Environment
	free []fixture.Package
}

func newVictim(t testing.TB, top string) victim {
	t.Helper()
	v := victim{c: newCache(t, filepath.Join(top, "pkgs")), env: newEnv(t, filepath.Join(top, "env")), free: []fixture.Package{pkg("a"), pkg("b")}}
	hard, soft := pkg("hard"), pkg("soft")
	for _, p := range append(v.free, hard, soft) {
		must(t, v.c.AddExtracted(p))
	}
	must(t, v.c.AddArchive(pkg("a")), v.c.AddLog("x.log"), v.c.AddIndexCache(fixture.CondaNow, "https://conda.example/channel/linux-64"))
	must(t, v.env.Link(v.c, hard, fixture.Link{Kind: fixture.Hard}), v.env.Link(v.c, soft, softLink()))
	return v
}

func (v victim) options(t testing.TB) cache.Options {
	o := options(v.c, cache.All()...)
	o.Discovery.Environments = []meta.Environment{environment(t, v.env)}
	return o
}

// checkWhole reports packages that are neither whole, nor removed, nor marked. What conda
// accepts as a package must be whole.
func (v victim) checkWhole(t testing.TB, when string) {
	t.Helper()
	for _, p := range v.free {
		dir := v.c.Extracted(p)
		_, index := os.Lstat(filepath.Join(dir, "info", "index.json"))
		_, record := os.Lstat(filepath.Join(dir, "info", "repodata_record.json"))
		if index != nil && record != nil {
			continue // removed, or no longer a package for conda and mamba
		}
		for _, f := range p.Files {
			if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(f.Path))); err != nil {
				t.Errorf("%s: %s has its index.json or record, yet lacks %s", when, dir, f.Path)
			}
		}
	}
}

// killEverywhere carries out plans that are stopped before each of their changes in turn,
// on a tree that fresh makes again for each. Then a second run must finish.
func killEverywhere(t *testing.T, fresh func(t *testing.T) victim) {
	killed := errors.New("killed")
	steps := 0
	for stop := 1; ; stop += stride() {
		v := fresh(t)
		when := fmt.Sprintf("killed at step %d", stop)
		before := contents(t, v.env.Prefix)
		p := prepare(t, v.options(t))
		n := 0
		removal.Execute(context.Background(), p, removal.Options{Jobs: 1, Before: func(string, string) error {
			if n++; n >= stop {
				return killed // nothing changes from here on
			}
			return nil
		}})
		if n < stop {
			break
		}
		steps++
		v.checkWhole(t, when)
		again := prepare(t, v.options(t))
		r := removal.Execute(context.Background(), again, removal.Options{})
		if len(r.Failures) > 0 || len(r.Spared) > 0 {
			t.Errorf("%s: second run: %+v", when, r)
		}
		if left := prepare(t, v.options(t)); len(left.Remove) > 0 {
			t.Errorf("%s: a second run leaves %s", when, names(left.Remove))
		}
		for _, p := range v.free {
			if _, err := os.Lstat(v.c.Extracted(p)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: a second run leaves %s: %v", when, p.Dist(), err)
			}
		}
		if left, _ := os.ReadDir(v.c.Path(".gclean-trash")); len(left) > 0 {
			t.Errorf("%s: in the trash: %v", when, left)
		}
		if after := contents(t, v.env.Prefix); after != before {
			t.Errorf("%s: the environment has changed", when)
		}
	}
	if steps*stride() < 20 {
		t.Errorf("only %d steps were seen", steps)
	}
}

func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	killEverywhere(t, func(t *testing.T) victim { return newVictim(t, t.TempDir()) })
}

// TestAttackedAnywhere replaces, before each change in turn, what is there by symlinks to a
// tree outside, as the owner of the cache could.
func TestAttackedAnywhere(t *testing.T) {
	fixture.NeedSymlinks(t)
	t.Parallel()
	for stop := 1; ; stop++ {
		top := t.TempDir()
		v := newVictim(t, top)
		out := filepath.Join(top, "out")
		for _, name := range []string{"etc/passwd", "info/index.json", "lib/a.so", "share/a/data", "a-1.0-0/info/index.json", "x.log", "cache/x.json"} {
			path := filepath.Join(out, filepath.FromSlash(name))
			must(t, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(name), 0o644))
		}
		before := contents(t, out)
		p := prepare(t, v.options(t))
		n := 0
		removal.Execute(context.Background(), p, removal.Options{Jobs: 1, Before: func(_, path string) error {
			if n++; n != stop {
				return nil
			}
			for _, name := range []string{"b-1.0-0/share", "a-1.0-0", "b-1.0-0", ".logs", "cache", ".gclean-trash", "a-1.0-0.conda"} {
				if path := v.c.Path(name); os.Rename(path, path+".moved") == nil {
					must(t, fixture.Symlink(out, path))
				}
			}
			// Do the same inside the trash, wherever that is now.
			for _, trash := range []string{".gclean-trash", ".gclean-trash.moved"} {
				list, _ := filepath.Glob(filepath.Join(v.c.Path(trash), "*", "*"))
				for _, path := range list {
					if !strings.HasPrefix(path, v.c.Path(".gclean-trash/")) && os.Rename(path, path+".moved") == nil {
						must(t, fixture.Symlink(out, path))
					}
				}
			}
			return nil
		}})
		if n < stop {
			return
		}
		if after := contents(t, out); after != before {
			t.Fatalf("step %d: the tree outside has changed:\n%s\nwas\n%s", stop, after, before)
		}
	}
}

func TestExecuteRechecksAfterWaiting(t *testing.T) {
	v := newVictim(t, t.TempDir())
	o := v.options(t)
	p := prepare(t, o)
	dir, err := walk.Open(v.c.Dir)
	must(t, err)
	defer dir.Close()
	// mamba is running: it holds its lock and soft-links a package.
	lock, err := dir.LockFile("pkgs.lock", walk.Fcntl, true)
	must(t, err)
	waited := make(chan string, 1)
	done := make(chan *removal.Result)
	go func() {
		done <- removal.Execute(context.Background(), p, removal.Options{Again: o.Again, LockTimeout: 1e11, Waiting: func(path string) { waited <- path }})
	}()
	if path := <-waited; filepath.Base(path) != "pkgs.lock" {
		t.Errorf("waits for %s", path)
	}
	must(t, v.env.Link(v.c, pkg("b"), fixture.Link{Kind: fixture.Hard}), lock.Unlock())
	r := <-done
	if got := names(r.Spared); got != "b-1.0-0" || len(r.Failures) > 0 {
		t.Errorf("spared %s, failures %v", got, r.Failures)
	}
	if _, err := os.Lstat(v.c.Extracted(pkg("b"))); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(v.c.Path("pkgs.lock")); err == nil {
		t.Error("the lock file is left")
	}
}

func TestLockTimeout(t *testing.T) {
	for _, c := range []struct {
		name string
		kind walk.LockKind
	}{{"pkgs.lock", walk.Fcntl}, {"", walk.Flock}} {
		v := newVictim(t, t.TempDir())
		p := prepare(t, v.options(t))
		dir, err := walk.Open(v.c.Dir)
		must(t, err)
		var lock *walk.Lock
		if c.name == "" {
			lock, err = lockOwn(dir)
		} else {
			lock, err = dir.LockFile(c.name, c.kind, true)
		}
		must(t, err)
		r := removal.Execute(context.Background(), p, removal.Options{})
		if len(r.Removed) > 0 || len(r.Failures) != len(p.Remove) || !errors.Is(r.Failures[0].Err, walk.ErrLocked) {
			t.Errorf("%s: %d removed, %v", c.name, len(r.Removed), r.Failures)
		}
		must(t, lock.Unlock(), dir.Close())
	}
}

// lockOwn takes gclean's own lock on a cache of conda.
func lockOwn(dir *walk.Dir) (*walk.Lock, error) {
	if runtime.GOOS == "linux" {
		return dir.LockFile("urls.txt", walk.Fcntl, false)
	}
	return dir.LockFile(".gclean.lock", walk.Flock, true)
}

func TestEightAtATime(t *testing.T) {
	t.Parallel()
	v := newVictim(t, t.TempDir())
	before := contents(t, v.env.Prefix)
	results := make(chan *removal.Result)
	for range 8 {
		go func() {
			o := v.options(t)
			p, err := cache.Prepare(context.Background(), o)
			if err != nil {
				t.Error(err)
				results <- &removal.Result{}
				return
			}
			results <- removal.Execute(context.Background(), p, removal.Options{Again: o.Again, LockTimeout: 1e11})
		}()
	}
	removed := map[string]int{}
	for range 8 {
		r := <-results
		for _, f := range r.Failures {
			t.Errorf("%s: %v", f.Entry.Name, f.Err)
		}
		for _, e := range r.Removed {
			removed[e.Name]++
		}
	}
	for _, name := range []string{"a-1.0-0", "b-1.0-0", "a-1.0-0.conda", ".logs/x.log", "cache"} {
		if removed[name] != 1 {
			t.Errorf("%s was removed by %d", name, removed[name])
		}
	}
	if after := contents(t, v.env.Prefix); after != before {
		t.Error("the environment has changed")
	}
	if left := prepare(t, v.options(t)); len(left.Remove) > 0 {
		t.Errorf("left: %s", names(left.Remove))
	}
}

func TestStaleLockFile(t *testing.T) {
	v := newVictim(t, t.TempDir())
	must(t, v.c.AddFile("pkgs.lock", ""))
	o := options(v.c, cache.Locks)
	p := prepare(t, o)
	if got := names(p.Remove); got != "pkgs.lock" {
		t.Fatalf("goes: %s", got)
	}
	if r := removal.Execute(context.Background(), p, removal.Options{}); len(r.Failures) > 0 || len(r.Removed) != 1 {
		t.Errorf("%+v", r)
	}
	if _, err := os.Lstat(v.c.Path("pkgs.lock")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestRattlersLock(t *testing.T) {
	c := newRattlerCache(t, filepath.Join(t.TempDir(), "cache"))
	must(t, c.Add(pkg("a")))
	p := prepare(t, at(c.Pkgs(), cache.Packages))
	dir, err := walk.Open(c.Pkgs())
	must(t, err)
	defer dir.Close()
	lock, err := dir.LockFile(".cache.lock", walk.Flock, true)
	must(t, err)
	if r := removal.Execute(context.Background(), p, removal.Options{}); len(r.Failures) != 1 || !errors.Is(r.Failures[0].Err, walk.ErrLocked) {
		t.Errorf("%+v", r)
	}
	must(t, lock.Unlock())
	if r := removal.Execute(context.Background(), p, removal.Options{}); len(r.Removed) != 1 {
		t.Errorf("%+v", r)
	}
}

// TestStaleLockFileRechecked makes a new plan while gclean holds the lock file that is to
// be removed.
func TestStaleLockFileRechecked(t *testing.T) {
	v := newVictim(t, t.TempDir())
	must(t, v.c.AddFile("pkgs.lock", ""))
	o := options(v.c, cache.Locks)
	p := prepare(t, o)
	dir, err := walk.Open(v.c.Dir)
	must(t, err)
	defer dir.Close()
	lock, err := lockOwn(dir)
	must(t, err)
	r := removal.Execute(context.Background(), p, removal.Options{Again: o.Again, LockTimeout: time.Minute, Waiting: func(string) { must(t, lock.Unlock()) }})
	if got := names(r.Removed); got != "pkgs.lock" || len(r.Spared) > 0 {
		t.Errorf("removed %q, %+v", got, r)
	}
}
