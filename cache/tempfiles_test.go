package cache_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
)

func TestTempFiles(t *testing.T) {
	cs, err := fixture.CondaCase(t.TempDir())
	must(t, err)
	// A package's file with such a name is kept, in the environment and in the cache.
	owner := fixture.Package{Name: "owner", Version: "1", Build: "0", Files: []fixture.File{{Path: "share/recycle.trash", Content: "data"}}}
	must(t, cs.Cache.AddExtracted(owner), cs.Env.Link(cs.Cache, owner, fixture.Link{Kind: fixture.Hard}))
	o := options(cs.Cache, cache.TempFiles)
	o.TempPaths = []string{cs.Env.Prefix, cs.Cache.Dir, cs.Cache.Dir, filepath.Join(cs.Dir, "missing")}
	p := prepare(t, o)
	if got, want := names(p.Remove), "lib/libz.so.c~ lib/old.trash idle.c~"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
	if got, want := keptNames(p), fmt.Sprintf("share/recycle.trash:%s", cache.ListedByRecord); got != want {
		t.Errorf("stays: %s, want %s", got, want)
	}
	if r := removal.Execute(context.Background(), p, removal.Options{}); len(r.Removed) != 3 {
		t.Errorf("%+v", r)
	}
}

// A record may write a folder's name with other capitals than the disk.
func TestTempFilesWithoutCase(t *testing.T) {
	top := t.TempDir()
	c, env := newCache(t, filepath.Join(top, "pkgs")), newEnv(t, filepath.Join(top, "env"))
	must(t, env.AddFile("share/x", ""))
	if _, err := os.Stat(env.Path("SHARE")); err != nil {
		t.Skip("the file system tells upper case from lower")
	}
	owner := fixture.Package{Name: "owner", Version: "1", Build: "0", Files: []fixture.File{{Path: "Share/recycle.trash", Content: "data"}}}
	must(t, c.AddExtracted(owner), env.Link(c, owner, fixture.Link{Kind: fixture.Hard}))
	o := options(c, cache.TempFiles)
	o.TempPaths = []string{env.Prefix}
	if p := prepare(t, o); names(p.Remove) != "" || keptNames(p) != fmt.Sprintf("share/recycle.trash:%s", cache.ListedByRecord) {
		t.Errorf("goes: %s, stays: %s", names(p.Remove), keptNames(p))
	}
}

// Files in the packages of a cache that is not being cleaned are not temp files either.
func TestTempFilesOfAnotherCache(t *testing.T) {
	top := t.TempDir()
	c, other := newCache(t, filepath.Join(top, "pkgs")), newCache(t, filepath.Join(top, "root/pkgs"))
	owner := fixture.Package{Name: "owner", Version: "1", Build: "0", Files: []fixture.File{{Path: "share/recycle.trash", Content: "data"}}}
	must(t, other.AddExtracted(owner), other.AddFile("x.c~", "\x7fELF"), other.AddFile(".trash/y.c~", "\x7fELF"))
	o := options(c, cache.TempFiles)
	o.TempPaths = []string{top}
	if got, want := names(prepare(t, o).Remove), "root/pkgs/.trash/y.c~ root/pkgs/x.c~"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
}

// Editors, Emacs and mail programs give files the names that conda gives to files that it
// sets aside.
func TestTempFilesThatCondaDidNotMake(t *testing.T) {
	top := t.TempDir()
	c, env := newCache(t, filepath.Join(top, "pkgs")), newEnv(t, filepath.Join(top, "env"))
	owner := fixture.Package{Name: "owner", Version: "1", Build: "0", Files: []fixture.File{{Path: "lib/module.py", Content: "data"}}}
	must(t, c.AddExtracted(owner), env.Link(c, owner, fixture.Link{Kind: fixture.Hard}),
		env.AddFile("lib/module.py.c~", "listed without its ending"), env.AddFile("lib/gone.so.trash", "\x7fELF"),
		env.AddFile("Library/x.dll.c~", "MZ\x90\x00"), env.AddFile("conda-meta/history.c~", "text"),
		env.AddFile("src/main.c~", "int main(void);"), env.AddFile("src/notes.c~", "MZ is text"),
		env.AddFile("src/module.py.c~", "of another folder"), env.AddFile("Mail/inbox.trash", "From: a"),
		env.AddFile("Mail/.trash", "\x7fELF"), env.AddFile("src/.c~", "\x7fELF"))
	mail := filepath.Join(top, "home", "old.trash")
	must(t, os.MkdirAll(filepath.Dir(mail), 0o755), os.WriteFile(mail, []byte("From: b"), 0o644))
	o := options(c, cache.TempFiles)
	o.TempPaths = []string{top}
	p := prepare(t, o)
	if got, want := names(p.Remove), "env/Library/x.dll.c~ env/conda-meta/history.c~ env/lib/gone.so.trash env/lib/module.py.c~"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
	if len(p.Kept) != 5 || p.KeptBack() {
		t.Errorf("stays: %s", keptNames(p))
	}
	for _, k := range p.Kept {
		if len(k.Holds) != 1 || k.Holds[0].Reason != cache.NotPutAside {
			t.Errorf("%s: %+v", k.Entry.Name, k.Holds)
		}
	}
}

// conda sets an archive aside beside the one that it downloads. In a folder that is not a
// cache, such a file may be an editor's.
func TestArchivesThatCondaPutAside(t *testing.T) {
	top := t.TempDir()
	c, env := newCache(t, filepath.Join(top, "root", "pkgs")), newEnv(t, filepath.Join(top, "root"))
	must(t, c.AddFile("a-1-0.conda.c~", "PK"), c.AddFile("b-1-0.tar.bz2.trash", "BZ"), c.AddFile("notes.c~", "text"), env.AddFile("src/a-1-0.conda.c~", "PK"))
	o := options(c, cache.TempFiles)
	o.TempPaths = []string{env.Prefix}
	p := prepare(t, o)
	if got, want := names(p.Remove), "pkgs/a-1-0.conda.c~ pkgs/b-1-0.tar.bz2.trash"; got != want {
		t.Errorf("removes %s, want %s", got, want)
	}
	if got, want := keptNames(p), fmt.Sprintf("pkgs/notes.c~:%s src/a-1-0.conda.c~:%[1]s", cache.NotPutAside); got != want {
		t.Errorf("keeps %s, want %s", got, want)
	}
}

// A symlink is removed like a file, even one to a folder, but never its target.
func TestTempFilesThatAreSymlinks(t *testing.T) {
	fixture.NeedSymlinks(t)
	top := t.TempDir()
	c, env := newCache(t, filepath.Join(top, "pkgs")), newEnv(t, filepath.Join(top, "env"))
	owner := fixture.Package{Name: "owner", Version: "1", Build: "0", Files: []fixture.File{{Path: "lib/plugins", Content: "data"}}}
	must(t, c.AddExtracted(owner), env.Link(c, owner, fixture.Link{Kind: fixture.Hard}), env.AddFile("real/x", "data"),
		fixture.Symlink("../real", env.Path("lib/plugins.c~")), fixture.Symlink("../real", env.Path("lib/mine.c~")))
	o := options(c, cache.TempFiles)
	o.TempPaths = []string{env.Prefix}
	p := prepare(t, o)
	if names(p.Remove) != "lib/plugins.c~" || keptNames(p) != fmt.Sprintf("lib/mine.c~:%s", cache.NotPutAside) {
		t.Errorf("goes: %s, stays: %s", names(p.Remove), keptNames(p))
	}
	removal.Execute(context.Background(), p, removal.Options{})
	if _, err := os.Stat(env.Path("real/x")); err != nil {
		t.Error(err)
	}
}

func TestTrashCountsOnce(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddFile(".trash/x.trash", "x"), c.AddFile(".trash/old/y.c~", "y"))
	o := options(c, cache.All()...)
	o.TempPaths = []string{filepath.Dir(c.Dir)}
	if got, want := names(prepare(t, o).Remove), ".trash/old .trash/x.trash"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
}
