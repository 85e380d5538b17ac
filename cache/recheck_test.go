package cache_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gclean/cache"
	"gclean/internal/fixture"
	"gclean/meta"
	"gclean/walk"
)

// late is an environment that nobody knew of when the plan was made.
type late struct {
	t      *testing.T
	prefix string
}

func (l late) softLink(c *fixture.Cache, p fixture.Package) {
	l.t.Helper()
	env := newEnv(l.t, l.prefix)
	must(l.t, env.Link(c, p, fixture.Link{Kind: fixture.Soft}))
}

// again finds it, once it is there.
func (l late) again(context.Context) ([]meta.Environment, []cache.Problem, error) {
	if _, err := os.Stat(l.prefix); err != nil {
		return nil, nil, nil
	}
	return []meta.Environment{environment(l.t, &fixture.Environment{Prefix: l.prefix})}, nil, nil
}

func (l late) checkWhole(p fixture.Package) {
	l.t.Helper()
	if _, err := os.Stat(filepath.Join(l.prefix, "lib", p.Name+".so")); err != nil {
		l.t.Errorf("what the environment links is gone: %v", err)
	}
}

// waitOnce has the run wait for the lock of c, and calls then while it does.
func waitOnce(t *testing.T, c *fixture.Cache, then func()) cache.RemoveOptions {
	t.Helper()
	dir, err := walk.Open(c.Dir)
	must(t, err)
	t.Cleanup(func() { dir.Close() })
	lock, err := lockOwn(dir)
	must(t, err)
	return cache.RemoveOptions{LockTimeout: time.Minute, Waiting: func(string) {
		then()
		must(t, lock.Unlock())
	}}
}

func TestEnvironmentMadeWhileWaiting(t *testing.T) {
	fixture.NeedSymlinks(t)
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("a")), c.AddExtracted(pkg("b")))
	l := late{t, filepath.Join(t.TempDir(), "env")}
	o := options(c, cache.Packages)
	o.Again = l.again
	p := prepare(t, o)
	r := p.Execute(context.Background(), waitOnce(t, c, func() { l.softLink(c, pkg("a")) }))
	if names(r.Spared) != "a-1.0-0" || names(r.Removed) != "b-1.0-0" || r.Err != nil {
		t.Errorf("spared %s, removed %s, %+v", names(r.Spared), names(r.Removed), r)
	}
	l.checkWhole(pkg("a"))
}

// What cannot be found once more may be anything.
func TestNothingGoesIfEnvironmentsCannotBeFoundAgain(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("a")))
	o := options(c, cache.Packages)
	lost := errors.New("lost")
	o.Again = func(context.Context) ([]meta.Environment, []cache.Problem, error) { return nil, nil, lost }
	r := prepare(t, o).Execute(context.Background(), waitOnce(t, c, func() {}))
	if len(r.Removed) > 0 || len(r.Failures) != 1 || !errors.Is(r.Failures[0].Err, lost) {
		t.Errorf("%+v", r)
	}
	o.Again = func(context.Context) ([]meta.Environment, []cache.Problem, error) {
		return nil, []cache.Problem{{Path: "/envs", Err: lost, Doubt: true}}, nil
	}
	r = prepare(t, o).Execute(context.Background(), waitOnce(t, c, func() {}))
	if names(r.Spared) != "a-1.0-0" || len(r.Removed) > 0 {
		t.Errorf("%+v", r)
	}
}

// The second cache has its turn when the first is empty, which may take long.
func TestEveryCacheIsLookedAtWhenItsTurnComes(t *testing.T) {
	t.Parallel()
	fixture.NeedSymlinks(t)
	first, second := newCache(t, filepath.Join(t.TempDir(), "pkgs")), newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, first.AddExtracted(pkg("a")), second.AddExtracted(pkg("b")))
	l := late{t, filepath.Join(t.TempDir(), "env")}
	o := options(first, cache.Packages)
	o.Caches = append(o.Caches, options(second).Caches...)
	o.Again = l.again
	p := prepare(t, o)
	remove := waitOnce(t, first, func() {}) // by this, the plan is made anew once
	var once sync.Once
	remove.Progress = func(int) {
		once.Do(func() {
			l.softLink(second, pkg("b"))
			time.Sleep(2100 * time.Millisecond) // the first is large
		})
	}
	r := p.Execute(context.Background(), remove)
	if names(r.Spared) != "b-1.0-0" || names(r.Removed) != "a-1.0-0" {
		t.Errorf("spared %s, removed %s, %+v", names(r.Spared), names(r.Removed), r)
	}
	l.checkWhole(pkg("b"))
}
