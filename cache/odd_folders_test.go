package cache_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/fixture"
	"gclean/meta"
)

// A user's folder is not a package merely because it contains a folder named info.
func TestUserFolderWithInfo(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("free")), c.AddFile("thesis/info/notes.txt", "mine"), c.AddFile("empty/info/x/y", ""),
		c.AddFile("web/info/files/a.txt", "mine"), c.AddFile("site/info/index.json/x", "mine"))
	for _, name := range []string{"files", "paths.json", "repodata_record.json"} {
		must(t, c.AddFile(filepath.Join("half-"+name, "info", name), ""))
	}
	p := prepare(t, options(c, cache.All()...))
	if got, want := names(p.Remove), "free-1.0-0 half-files half-paths.json half-repodata_record.json"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
}

// An installer can still find a package that an earlier run has marked in place, unlike
// those in the trash.
func TestMarkedInPlaceIsWatched(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddFile("a-1.0-0/lib/a.so", ""), c.AddFile(".gclean-trash/"+cache.MarkerOf("a-1.0-0"), ""),
		c.AddFile(".gclean-trash/1-1/lib/b.so", ""))
	targets := []cache.Category{cache.Trash}
	if got, want := names(prepare(t, worksHere(c, targets)).Remove), ".gclean-trash/1-1 a-1.0-0"; got != want {
		t.Fatalf("goes: %s, want %s", got, want)
	}
	p := prepare(t, worksHere(c, targets, installer(0, "install")))
	if names(p.Remove) != ".gclean-trash/1-1" || keptNames(p) != fmt.Sprintf("a-1.0-0:%s", hold.InstallerRunning) {
		t.Errorf("goes: %s, stays: %s", names(p.Remove), keptNames(p))
	}
}

// Somebody may have moved an environment into gclean's trash, or made one there.
func TestEnvironmentInTrash(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddFile(".gclean-trash/1-1/conda-meta/history", ""), c.AddFile(".gclean-trash/1-2/lib/x", ""))
	p := prepare(t, options(c, cache.Trash))
	if names(p.Remove) != ".gclean-trash/1-2" || keptNames(p) != fmt.Sprintf(".gclean-trash/1-1:%s", hold.HoldsEnvironment) {
		t.Errorf("goes: %s, stays: %s", names(p.Remove), keptNames(p))
	}
}

// A record that was set aside means that its package is installed, until another record
// takes its place.
func TestRecordSetAside(t *testing.T) {
	top := t.TempDir()
	c, env := newCache(t, filepath.Join(top, "pkgs")), newEnv(t, filepath.Join(top, "env"))
	must(t, env.AddFile("conda-meta/a-1.0-0.json.c~", "{}"))
	o := options(c, cache.TempFiles)
	o.TempPaths = []string{env.Prefix}
	const name = "conda-meta/a-1.0-0.json.c~"
	if p := prepare(t, o); names(p.Remove) != "" || keptNames(p) != fmt.Sprintf("%s:%s", name, cache.ListedByRecord) {
		t.Errorf("goes: %s, stays: %s", names(p.Remove), keptNames(p))
	}
	must(t, os.WriteFile(env.Path("conda-meta/a-1.0-0.json"), []byte("{}"), 0o644))
	if p := prepare(t, o); names(p.Remove) != name {
		t.Errorf("goes: %s, stays: %s", names(p.Remove), keptNames(p))
	}
}

// The archives of a channel without an index may exist nowhere else. In folders that are
// not named after a URL, only archives in mamba's urls.txt count as its downloads.
func TestChannelWithoutIndex(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	own := []string{
		"offline/linux-64/a-1.0-0.conda", "offline/osx-arm64/a-1.0-0.tar.bz2", "conda-bld/noarch/b-1.0-0.tar.bz2",
		"site/label/dev/win-64/c-1.0-0.conda", "linux-64/d-1.0-0.conda", "noarch/e-1.0-0.conda",
		"indexing/linux-64/f-1.0-0.conda", "indexing/linux-64/.cache/cache.db", "indexing/noarch/index.html", "beside/linux-64/mine-1.0-0.conda",
		"beside/noarch/g-1.0-0.conda.partial", "offline/linux-64/wheel-1.0-py3-none-any.whl",
	}
	for _, name := range own {
		must(t, c.AddFile(name, "nowhere else"))
	}
	must(t, c.AddFile("beside/linux-64/known-1.0-0.conda", "x"), c.AddFile("beside/linux-64/part-1.0-0.conda.partial", "x"),
		c.AddFile("beside/linux-64/urls.txt", "https://conda.example/beside/linux-64/known-1.0-0.conda\n"))
	p := prepare(t, options(c, cache.All()...))
	if got, want := names(p.Remove), "beside/linux-64/known-1.0-0.conda beside/linux-64/part-1.0-0.conda.partial"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
	execute(t, p)
	for _, name := range own {
		if _, err := os.Lstat(c.Path(name)); err != nil {
			t.Error(err)
		}
	}
}

// TestRecordNamesSymlinkInCache: a record may name a package by a symlink in a cache.
func TestRecordNamesSymlinkInCache(t *testing.T) {
	fixture.NeedSymlinks(t)
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("now")), c.AddExtracted(pkg("free")))
	alias := c.Path("before-1.0-0")
	must(t, fixture.Symlink(c.Extracted(pkg("now")), alias))
	env := newEnv(t, filepath.Join(t.TempDir(), "env"))
	before := pkg("before")
	before.Files = pkg("now").Files
	must(t, env.LinkFolder(alias, before, fixture.Link{Kind: fixture.Soft}))
	o := options(c, cache.Packages)
	o.Discovery.Environments = []meta.Environment{environment(t, env)}
	p := prepare(t, o)
	if got := names(p.Remove); got != "free-1.0-0" || keptNames(p) != "now-1.0-0:soft_linked" {
		t.Errorf("goes: %s; stays: %s", got, keptNames(p))
	}
}
