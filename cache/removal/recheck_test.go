package removal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/meta"
	"gclean/walk"
)

// late is an environment that is in a list, but is made only after the plan.
type late struct {
	t      *testing.T
	prefix string
}

func (l late) softLink(c *fixture.Cache, p fixture.Package) {
	l.t.Helper()
	env := newEnv(l.t, l.prefix)
	must(l.t, env.Link(c, p, fixture.Link{Kind: fixture.Soft}))
}

// options returns options for caches on a host whose only list names the environment.
func (l late) options(caches ...*fixture.Cache) cache.Options {
	l.t.Helper()
	home := l.t.TempDir()
	// If the folder were empty, something might have been mounted there.
	must(l.t, os.WriteFile(filepath.Join(filepath.Dir(l.prefix), "other"), nil, 0o644))
	list := filepath.Join(home, ".conda", "environments.txt")
	must(l.t, os.MkdirAll(filepath.Dir(list), 0o755), os.WriteFile(list, []byte(l.prefix+"\n"), 0o644))
	var paths []string
	for _, c := range caches {
		paths = append(paths, c.Dir)
	}
	d, err := meta.Host{Home: home, UID: -1}.Discover(context.Background(), meta.Options{PkgsDirs: meta.From("test", paths...)})
	must(l.t, err)
	return cache.Options{Look: cache.Look{Discovery: d, NothingRuns: true}, Targets: []cache.Category{cache.Packages}}
}

func (l late) checkWhole(p fixture.Package) {
	l.t.Helper()
	if _, err := os.Stat(filepath.Join(l.prefix, "lib", p.Name+".so")); err != nil {
		l.t.Errorf("what the environment links is gone: %v", err)
	}
}

// waitOnce makes a run of o wait for the lock of c, and calls then while it waits.
func waitOnce(t *testing.T, o cache.Options, c *fixture.Cache, then func()) removal.Options {
	t.Helper()
	dir, err := walk.Open(c.Dir)
	must(t, err)
	t.Cleanup(func() { dir.Close() })
	lock, err := lockOwn(dir)
	must(t, err)
	return removal.Options{LockTimeout: time.Minute, Again: o.Again, Waiting: func(string) {
		then()
		must(t, lock.Unlock())
	}}
}

func TestEnvironmentMadeWhileWaiting(t *testing.T) {
	fixture.NeedSymlinks(t)
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("a")), c.AddExtracted(pkg("b")))
	l := late{t, filepath.Join(t.TempDir(), "env")}
	o := l.options(c)
	p := prepare(t, o)
	r := removal.Execute(context.Background(), p, waitOnce(t, o, c, func() { l.softLink(c, pkg("a")) }))
	if names(r.Spared) != "a-1.0-0" || names(r.Removed) != "b-1.0-0" || r.Err != nil {
		t.Errorf("spared %s, removed %s, %+v", names(r.Spared), names(r.Removed), r)
	}
	l.checkWhole(pkg("a"))
}

// The marks of a cache are kept with entries that are in use now, or have come since. That
// is no failure.
func TestMarksAreKeptWithoutFailure(t *testing.T) {
	fixture.NeedSymlinks(t)
	top := t.TempDir()
	for what, then := range map[string]func(l late, c *fixture.Cache){
		"a-1.0-0 urls urls.txt": func(l late, c *fixture.Cache) { l.softLink(c, pkg("a")) },
		"urls urls.txt":         func(_ late, c *fixture.Cache) { must(t, c.AddPartial("new-1.0-0.conda", 10)) },
	} {
		c := newCache(t, filepath.Join(top, what, "pkgs"))
		must(t, c.AddExtracted(pkg("a")), c.AddExtracted(pkg("b")))
		l := late{t, filepath.Join(top, what, "env")}
		o := l.options(c)
		o.Targets = []cache.Category{cache.PkgsDirs}
		p := prepare(t, o)
		r := removal.Execute(context.Background(), p, waitOnce(t, o, c, func() { then(l, c) }))
		if names(r.Spared) != what || len(r.Failures) > 0 || r.Err != nil {
			t.Errorf("%s: spared %s, %+v", what, names(r.Spared), r)
		}
		if _, err := os.Stat(filepath.Join(c.Dir, "urls.txt")); err != nil {
			t.Error(err)
		}
	}
}

// If environments cannot be found again, they may use anything.
func TestNothingIsRemovedIfDiscoveryFails(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("a")))
	o := late{t, filepath.Join(t.TempDir(), "env")}.options(c)
	lost := errors.New("lost")
	remove := waitOnce(t, o, c, func() {})
	remove.Again = func(context.Context, map[walk.ID]bool) (*cache.Plan, error) { return nil, lost }
	r := removal.Execute(context.Background(), prepare(t, o), remove)
	if len(r.Removed) > 0 || len(r.Failures) != 1 || !errors.Is(r.Failures[0].Err, lost) {
		t.Errorf("%+v", r)
	}
	list := filepath.Join(o.Discovery.Host.Home, ".conda", "environments.txt")
	r = removal.Execute(context.Background(), prepare(t, o), waitOnce(t, o, c, func() {
		must(t, os.Remove(list), os.Mkdir(list, 0o755)) // a list that cannot be read
	}))
	if names(r.Spared) != "a-1.0-0" || len(r.Removed) > 0 {
		t.Errorf("%+v", r)
	}
}

// The second cache is cleaned when the first is finished, which may take long.
func TestPlanIsCheckedBeforeEachCache(t *testing.T) {
	t.Parallel()
	fixture.NeedSymlinks(t)
	first, second := newCache(t, filepath.Join(t.TempDir(), "pkgs")), newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, first.AddExtracted(pkg("a")), second.AddExtracted(pkg("b")))
	l := late{t, filepath.Join(t.TempDir(), "env")}
	o := l.options(first, second)
	p := prepare(t, o)
	looks := 0
	remove := removal.Options{Again: o.Again, Changed: func(context.Context, *cache.Plan) (bool, error) {
		looks++
		return looks == 1, nil // makes gclean plan again once
	}}
	var once sync.Once
	var late atomic.Int64
	remove.Now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
	remove.Progress = func(int) {
		once.Do(func() {
			l.softLink(second, pkg("b"))
			late.Store(int64(time.Minute)) // the first cache is large
		})
	}
	r := removal.Execute(context.Background(), p, remove)
	if names(r.Spared) != "b-1.0-0" || names(r.Removed) != "a-1.0-0" {
		t.Errorf("spared %s, removed %s, %+v", names(r.Spared), names(r.Removed), r)
	}
	l.checkWhole(pkg("b"))
}

// An environment that was completed while the first cache was being emptied is noticed,
// however short that time was.
func TestEnvironmentMadeBetweenTwoCaches(t *testing.T) {
	t.Parallel()
	fixture.NeedSymlinks(t)
	first, second := newCache(t, filepath.Join(t.TempDir(), "pkgs")), newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, first.AddExtracted(pkg("a")), second.AddExtracted(pkg("b")), second.AddExtracted(pkg("c")))
	l := late{t, filepath.Join(t.TempDir(), "env")}
	o := l.options(first, second)
	p := prepare(t, o)
	var once sync.Once
	r := removal.Execute(context.Background(), p, removal.Options{
		Again: o.Again, Changed: o.Changed,
		Now:      func() time.Time { return p.Made }, // no time passes
		Progress: func(int) { once.Do(func() { l.softLink(second, pkg("b")) }) },
	})
	if names(r.Spared) != "b-1.0-0" || names(r.Removed) != "a-1.0-0 c-1.0-0" || r.Err != nil {
		t.Errorf("spared %s, removed %s, %+v", names(r.Spared), names(r.Removed), r)
	}
	l.checkWhole(pkg("b"))
}
