package cache_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/meta"
)

func TestForce(t *testing.T) {
	top := t.TempDir()
	for _, softly := range []bool{false, true} {
		c := newCache(t, filepath.Join(top, fmt.Sprint("pkgs", softly)))
		hard, soft := pkg("hard"), pkg("soft")
		must(t, c.Add(hard), c.Add(soft), c.AddFile("own/notes.txt", "x"), c.AddLog("x.log"))
		env := newEnv(t, filepath.Join(top, fmt.Sprint("env", softly)))
		must(t, env.Link(c, hard, fixture.Link{Kind: fixture.Hard}))
		if softly {
			must(t, env.Link(c, soft, fixture.Link{Kind: fixture.Soft}))
		}
		o := options(c, cache.PkgsDirs)
		o.Discovery.Environments = []meta.Environment{environment(t, env)}
		p := prepare(t, o)
		before := contents(t, env.Prefix)
		r := removal.Execute(context.Background(), p, removal.Options{})
		if len(r.Failures) > 0 {
			t.Fatalf("%+v", r.Failures)
		}
		if after := contents(t, env.Prefix); after != before {
			t.Error("the environment has changed")
		}
		left, _ := filepath.Glob(c.Path("*"))
		if !softly && left != nil {
			t.Errorf("left: %v", left)
		}
		if _, err := os.Lstat(c.Dir); softly != (err == nil) {
			t.Errorf("soft %v: the folder of the cache: %v", softly, err)
		}
		if softly && len(left) != 3 { // the package and the marks remain
			t.Errorf("left: %v", left)
		}
	}
}

// A package may be hard-linked by one environment, and soft-linked by another on another
// file system. The first must not hide the second.
func TestForceLooksBeyondHardLinks(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	both, hard := pkg("both"), pkg("hard")
	must(t, c.AddExtracted(both), c.AddExtracted(hard))
	a, b := newEnv(t, filepath.Join(top, "a")), newEnv(t, filepath.Join(top, "b"))
	must(t, a.Link(c, both, fixture.Link{Kind: fixture.Hard}), a.Link(c, hard, fixture.Link{Kind: fixture.Hard}),
		b.Link(c, both, fixture.Link{Kind: fixture.Soft, Writer: fixture.Mamba}))
	o := options(c, cache.PkgsDirs)
	o.Discovery.Environments = []meta.Environment{environment(t, a), environment(t, b)}
	if got, want := keptNames(prepare(t, o)), fmt.Sprintf("both-1.0-0:%s", hold.SymlinkFound); got != want {
		t.Errorf("stays: %s, want %s", got, want)
	}
	// If an environment cannot be read, nobody knows what it links.
	o.Discovery.Environments[1] = meta.Environment{Prefix: b.Prefix, Err: errors.New("stale file handle")}
	if got, want := keptNames(prepare(t, o)), fmt.Sprintf("both-1.0-0:%s hard-1.0-0:%[1]s", hold.UnreadableEnv); got != want {
		t.Errorf("stays: %s, want %s", got, want)
	}
}

// Hard links need neither package nor archive. Soft links, environments inside a package,
// doubts and installers still keep it. Categories that the user did not ask for are kept.
func TestEvenLinked(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	hard, soft, both, info, own := pkg("hard"), pkg("soft"), pkg("both"), fixture.Package{Name: "info", Version: "1.0", Build: "0"}, pkg("own")
	must(t, c.Add(hard), c.AddExtracted(soft), c.AddExtracted(both), c.AddExtracted(info), c.AddExtracted(own), c.AddLog("x.log"))
	env, other, inside := newEnv(t, filepath.Join(top, "env")), newEnv(t, filepath.Join(top, "other")), newEnv(t, c.Path("own-1.0-0/env"))
	hardly := fixture.Link{Kind: fixture.Hard}
	must(t, env.Link(c, hard, hardly), env.Link(c, both, hardly), env.Link(c, info, hardly), env.Link(c, soft, fixture.Link{Kind: fixture.Soft}),
		other.Link(c, both, fixture.Link{Kind: fixture.Soft, Writer: fixture.Mamba}), os.Link(c.Path("hard-1.0-0.conda"), filepath.Join(top, "mirror")))
	o := options(c, cache.Packages)
	o.Discovery.Environments = []meta.Environment{environment(t, env), environment(t, other), environment(t, inside)}
	if got := names(prepare(t, o).Remove); got != "" {
		t.Errorf("goes although it is linked: %s", got)
	}
	o.EvenLinked = true
	if got, want := names(prepare(t, o).Remove), "hard-1.0-0 info-1.0-0"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
	if got, want := keptNames(prepare(t, o)), fmt.Sprintf("both-1.0-0:%s own-1.0-0:%s soft-1.0-0:%s", hold.SymlinkFound, hold.HoldsEnvironment, hold.SoftLinked); got != want {
		t.Errorf("stays: %s, want %s", got, want)
	}
	o.Targets = []cache.Category{cache.Tarballs}
	if got, want := names(prepare(t, o).Remove), "hard-1.0-0.conda"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
	o.Targets = []cache.Category{cache.Packages}
	before := contents(t, env.Prefix) + contents(t, other.Prefix)
	execute(t, prepare(t, o))
	if contents(t, env.Prefix)+contents(t, other.Prefix) != before {
		t.Error("the environments have changed")
	}
	o.Discovery.Environments[1] = meta.Environment{Prefix: other.Prefix, Err: errors.New("stale file handle")}
	must(t, c.AddExtracted(hard))
	if got := names(prepare(t, o).Remove); got != "" {
		t.Errorf("goes in doubt: %s", got)
	}
	busy := worksHere(c, []cache.Category{cache.Packages}, installer(0, "install"))
	busy.EvenLinked = true
	if got := names(prepare(t, busy).Remove); got != "" {
		t.Errorf("goes while an installer runs: %s", got)
	}
}

// -f must not remove what lies deeper in a cache than conda's own files. mamba 2.6 has its
// packages below the channel, some people keep environments there, and some have moved a
// package away and left a symlink.
func TestForceLooksInside(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	deep := newCache(t, c.Path("https/conda.example/channel/noarch"))
	soft, moved := pkg("soft"), pkg("moved")
	must(t, deep.AddExtracted(soft), c.AddExtracted(moved), c.AddExtracted(pkg("plain")),
		os.Rename(c.Extracted(moved), filepath.Join(top, "moved")), fixture.Symlink(filepath.Join(top, "moved"), c.Extracted(moved)))
	env, known := newEnv(t, filepath.Join(top, "env")), newEnv(t, c.Path("looks-like-1-0/known"))
	unknown, odd := newEnv(t, c.Path("envs/unknown")), newEnv(t, c.Path("odd-1-0"))
	must(t, env.Link(deep, soft, fixture.Link{Kind: fixture.Soft, Writer: fixture.Mamba}),
		env.Link(c, moved, fixture.Link{Kind: fixture.Soft, Writer: fixture.Mamba}),
		c.AddFile("looks-like-1-0/info/index.json", "{}"), c.AddFile("odd-1-0/info/index.json", "{}"))
	o := options(c, cache.PkgsDirs)
	o.Discovery.Environments = []meta.Environment{environment(t, env), environment(t, known)}
	p := prepare(t, o)
	if got, want := keptNames(p), fmt.Sprintf("envs:%s https/conda.example/channel/noarch/soft-1.0-0:%s looks-like-1-0:%[1]s moved-1.0-0:%[2]s odd-1-0:%[1]s",
		hold.HoldsEnvironment, hold.SymlinkFound); got != want {
		t.Errorf("stays: %s, want %s", got, want)
	}
	if got := names(p.Remove); got != "https/conda.example/channel/noarch/urls plain-1.0-0" {
		t.Errorf("goes: %s", got)
	}
	o.Targets = []cache.Category{cache.Packages}
	if got := names(prepare(t, o).Remove); got != "plain-1.0-0" {
		t.Errorf("of the packages goes: %s", got)
	}
	before := contents(t, env.Prefix)
	removal.Execute(context.Background(), p, removal.Options{})
	if after := contents(t, env.Prefix); after != before {
		t.Error("the environment has changed")
	}
	for _, e := range []*fixture.Environment{known, unknown, odd} {
		if _, err := os.Lstat(e.Path("conda-meta/history")); err != nil {
			t.Error(err)
		}
	}
}
