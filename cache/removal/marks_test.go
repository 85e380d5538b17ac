package removal_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/meta"
)

// marked is a cache with two packages: an environment soft-links one, and nothing uses the
// other.
type marked struct {
	t   *testing.T
	top string
	c   *fixture.Cache
	env *fixture.Environment
	o   cache.Options
}

func newMarked(t *testing.T) *marked {
	t.Helper()
	fixture.NeedSymlinks(t)
	top := t.TempDir()
	m := &marked{t: t, top: top, c: newCache(t, filepath.Join(top, "pkgs")), env: newEnv(t, filepath.Join(top, "disk", "env"))}
	must(t, m.c.AddExtracted(pkg("used")), m.c.AddExtracted(pkg("free")), m.env.Link(m.c, pkg("used"), fixture.Link{Kind: fixture.Soft}))
	m.o = options(m.c, cache.Packages)
	m.o.Discovery.Environments = []meta.Environment{environment(t, m.env)}
	return m
}

// clean carries out the plan of o; before may inject a fault.
func (m *marked) clean(before func(op, path string) error) *removal.Result {
	m.t.Helper()
	r := removal.Execute(context.Background(), prepare(m.t, m.o), removal.Options{Before: before})
	if r.Err != nil || len(r.Failures) > 0 {
		m.t.Fatalf("%v %+v", r.Err, r.Failures)
	}
	return r
}

// mark returns this user's mark, or nil.
func (m *marked) mark() *hold.Mark {
	m.t.Helper()
	text, err := os.ReadFile(m.c.Path(".gclean/marks/" + markName(m.t)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	must(m.t, err)
	mark := new(hold.Mark)
	must(m.t, json.Unmarshal(text, mark))
	return mark
}

// markName returns the name of this user's mark.
func markName(t *testing.T) string {
	t.Helper()
	host, err := cache.MarkHost()
	must(t, err)
	return cache.MarkName(host, os.Geteuid())
}

// remembers reports whether the mark contains the environment.
func (m *marked) remembers() bool {
	mark := m.mark()
	return mark != nil && len(mark.Environments) == 1 && mark.Environments[0].Prefix == m.env.Prefix
}

// unmount removes the disk of the environment, and everything that names the environment.
func (m *marked) unmount() {
	must(m.t, os.Rename(filepath.Join(m.top, "disk"), filepath.Join(m.top, "away")), os.Mkdir(filepath.Join(m.top, "disk"), 0o755),
		os.Mkdir(m.env.Prefix, 0o755)) // as if it were the mount point
	m.o.Discovery = options(m.c).Discovery
}

func TestMarkIsWritten(t *testing.T) {
	m := newMarked(t)
	if r := m.clean(nil); names(r.Removed) != "free-1.0-0" || r.Unmarked != nil || !m.remembers() {
		t.Fatalf("removed %s, %v, mark %+v", names(r.Removed), r.Unmarked, m.mark())
	}
	if runtime.GOOS != "windows" {
		fi, err := os.Stat(filepath.Dir(m.c.Path(".gclean/marks/x")))
		if err != nil || fi.Mode().Perm() != 0o755 {
			t.Errorf("%v %v", fi, err)
		}
	}
	// The environment is out of reach. It keeps what it held, and remains in the mark.
	m.unmount()
	must(t, m.c.AddExtracted(pkg("free")))
	for range 2 {
		m.clean(nil)
		if got := tree(t, m.c.Dir); !strings.Contains(got, "/used-1.0-0/") || strings.Contains(got, "/free-1.0-0/") || !m.remembers() {
			t.Fatalf("%s, mark %+v", got, m.mark())
		}
	}
}

// TestMarkIsRemoved: if nothing needs to be remembered, no file remains.
func TestMarkIsRemoved(t *testing.T) {
	m := newMarked(t)
	m.clean(nil)
	must(t, os.RemoveAll(m.env.Prefix))
	m.o.Discovery = options(m.c).Discovery
	must(t, os.WriteFile(filepath.Join(m.top, "disk", "other"), nil, 0o644)) // nothing was mounted here
	m.clean(nil)
	if got := tree(t, m.c.Dir); strings.Contains(got, ".gclean") || strings.Contains(got, "used") {
		t.Error(got)
	}
}

// TestMarkOfAKilledRun: a half-written mark of a killed run is no error, and is removed.
func TestMarkOfAKilledRun(t *testing.T) {
	m := newMarked(t)
	must(t, os.MkdirAll(m.c.Path(".gclean/marks"), 0o755))
	old := m.c.Path(".gclean/marks/" + markName(t) + ".4711.tmp")
	young, other := m.c.Path(".gclean/marks/"+markName(t)+".4712.tmp"), m.c.Path(".gclean/marks/other-1.json.4711.tmp")
	long := time.Now().Add(-2 * time.Hour)
	for _, path := range []string{old, young, other} {
		must(t, os.WriteFile(path, nil, 0o644))
	}
	must(t, os.Chtimes(old, long, long), os.Chtimes(other, long, long))
	if r := m.clean(nil); r.Unmarked != nil || !m.remembers() {
		t.Fatalf("%v, mark %+v", r.Unmarked, m.mark())
	}
	for path, stays := range map[string]bool{old: false, young: true, other: true} {
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: %v", path, err)
		}
	}
	m = newMarked(t)
	m.o.Discovery.Environments = nil
	must(t, os.MkdirAll(m.c.Path(".gclean"), 0o755))
	if r := m.clean(nil); r.Unmarked != nil {
		t.Errorf("a folder without marks: %v", r.Unmarked)
	}
	if _, err := os.Stat(m.c.Path(".gclean")); err == nil {
		t.Error("a folder without marks stays")
	}
}

// TestMarkIsKept: runs that do not ask about packages leave the mark as it is.
func TestMarkIsKept(t *testing.T) {
	m := newMarked(t)
	m.clean(nil)
	for _, targets := range [][]cache.Category{{cache.Tarballs}, {cache.LogFiles, cache.Locks}} {
		m.o.Targets = targets
		m.clean(nil)
		if !m.remembers() {
			t.Errorf("%v: %+v", targets, m.mark())
		}
	}
}

// TestMarkWithoutRemoval: a run that removes nothing still writes the mark.
func TestMarkWithoutRemoval(t *testing.T) {
	m := newMarked(t)
	must(t, os.RemoveAll(m.c.Path("free-1.0-0")))
	if r := m.clean(nil); len(r.Removed) > 0 || !m.remembers() {
		t.Errorf("removed %s, mark %+v", names(r.Removed), m.mark())
	}
}

// TestNoMark: hard links need no mark, and a forced run leaves none.
func TestNoMark(t *testing.T) {
	for name, change := range map[string]func(m *marked){
		"hard links": func(m *marked) {
			m.env = newEnv(m.t, filepath.Join(m.top, "hard"))
			must(m.t, m.env.Link(m.c, pkg("used"), fixture.Link{Kind: fixture.Hard}))
			m.o.Discovery.Environments = []meta.Environment{environment(m.t, m.env)}
		},
		"copies": func(m *marked) {
			m.env = newEnv(m.t, filepath.Join(m.top, "copies"))
			must(m.t, m.env.Link(m.c, pkg("used"), fixture.Link{Kind: fixture.Copy}))
			m.o.Discovery.Environments = []meta.Environment{environment(m.t, m.env)}
		},
		"force":     func(m *marked) { m.o.Targets = []cache.Category{cache.PkgsDirs} },
		"no result": func(m *marked) { m.o.Discovery = options(m.c).Discovery },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMarked(t)
			change(m)
			m.clean(nil)
			if got := tree(t, m.top); strings.Contains(got, ".gclean") {
				t.Error(got)
			}
		})
	}
}

// TestMarkFaults: if a mark cannot be written, nothing fails, and no half mark remains.
func TestMarkFaults(t *testing.T) {
	full := errors.New("no space left on device")
	for _, op := range []string{"mkdir", "create", "rename"} {
		m := newMarked(t)
		r := m.clean(func(step, path string) error {
			if step == op && strings.Contains(path, cache.OwnDir+string(filepath.Separator)) || step == op && filepath.Base(path) == cache.OwnDir {
				return full
			}
			return nil
		})
		if !errors.Is(r.Unmarked, full) || names(r.Removed) != "free-1.0-0" || strings.Contains(tree(t, m.c.Dir), ".tmp") || m.mark() != nil {
			t.Errorf("%s: %v, removed %s: %s", op, r.Unmarked, names(r.Removed), tree(t, m.c.Dir))
		}
	}
}

// TestUnreadableMark: the mark may name environments that nothing else knows. The run
// leaves it as it is.
func TestUnreadableMark(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"cut off":         func(path string) error { return os.Truncate(path, 20) },
		"empty":           func(path string) error { return os.Truncate(path, 0) },
		"a later version": func(path string) error { return os.WriteFile(path, []byte(`{"schema":2}`), 0o644) },
		"a file for the folder": func(path string) error {
			return errors.Join(os.RemoveAll(filepath.Dir(path)), os.WriteFile(filepath.Dir(path), nil, 0o644))
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMarked(t)
			m.clean(nil)
			must(t, damage(m.c.Path(".gclean/marks/"+markName(t))))
			m.unmount()
			before := tree(t, m.c.Dir)
			plan := prepare(t, m.o)
			if keptNames(plan) != "used-1.0-0:unreadable_environment" || !plan.Doubt() {
				t.Errorf("kept %s, problems %v", keptNames(plan), plan.Problems)
			}
			m.clean(nil)
			if after := tree(t, m.c.Dir); after != before {
				t.Errorf("%s, was %s", after, before)
			}
			// The doubt concerns only this cache, and the user can override it.
			m.o.IgnoreUnreadable = true
			if plan := prepare(t, m.o); names(plan.Remove) != "used-1.0-0" {
				t.Errorf("goes: %s", names(plan.Remove))
			}
		})
	}
}

// TestMarkOfAnotherHost: what the other host saw counts until that host says otherwise,
// even if this host has an environment at the same path.
func TestMarkOfAnotherHost(t *testing.T) {
	m := newMarked(t)
	must(t, m.c.AddExtracted(pkg("theirs")))
	text, err := json.Marshal(hold.Mark{Schema: 1, Host: "another-host", Environments: []hold.SeenEnvironment{
		{Prefix: m.env.Prefix, Holds: []hold.SeenHold{{Package: "theirs-1.0-0", Reason: hold.SoftLinked}}},
	}})
	must(t, err, m.c.AddFile(".gclean/marks/another-host-0.json", string(text)))
	for range 2 {
		if plan := prepare(t, m.o); !strings.Contains(keptNames(plan), "theirs-1.0-0:remembered") {
			t.Errorf("kept %s", keptNames(plan))
		}
		m.clean(nil)
	}
	if !m.remembers() {
		t.Errorf("%+v", m.mark())
	}
}

// TestMarkKeepsUnlistedPackage: a package that does not look like one for some time remains
// in the mark, because its environment is still out of reach.
func TestMarkKeepsUnlistedPackage(t *testing.T) {
	m := newMarked(t)
	m.clean(nil)
	m.unmount()
	info, aside := m.c.Path("used-1.0-0/info"), filepath.Join(m.top, "info")
	must(t, os.Rename(info, aside), os.WriteFile(m.c.Path("urls.txt"), nil, 0o644))
	m.clean(nil)
	if !m.remembers() {
		t.Errorf("forgotten: %+v", m.mark())
	}
	must(t, os.Rename(aside, info))
	m.clean(nil)
	if got := tree(t, m.c.Dir); !strings.Contains(got, "/used-1.0-0/") || !m.remembers() {
		t.Errorf("%s, mark %+v", got, m.mark())
	}
}

// TestMarkForgetsRemovedPackage: a removed package leaves the mark.
func TestMarkForgetsRemovedPackage(t *testing.T) {
	m := newMarked(t)
	m.clean(nil)
	m.unmount()
	must(t, os.RemoveAll(m.c.Path("used-1.0-0")))
	m.clean(nil)
	if mark := m.mark(); mark != nil {
		t.Errorf("%+v", mark)
	}
}
