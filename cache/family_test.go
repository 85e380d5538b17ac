package cache_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
	"gclean/meta"
)

func TestMambaNested(t *testing.T) {
	top := t.TempDir()
	c := newMambaCache(t, filepath.Join(top, "pkgs"))
	held, free, old, noarch := pkg("held"), pkg("free"), pkg("old"), pkg("noarch")
	noarch.Noarch = fixture.NoarchGeneric
	data := fixture.Package{Name: "data", Version: "1", Build: "0", Channel: "http://localhost:8000/t/x", Files: []fixture.File{
		{Path: "share/other-1-0.conda", Content: "no archive"},
		{Path: "share/nested-1-0/info/index.json", Content: "no package"},
	}}
	must(t, c.Add(held), c.Add(free), c.Cache.Add(old), c.AddExtracted(noarch), c.AddExtracted(data),
		c.AddFile("https/conda.example/channel/linux-64/part-1-0.conda.partial", "x"),
		c.AddFile("https/conda.example/channel/linux-64/half-1-0/lib/x", "x"),
		c.AddFile("https/conda.example/channel/linux-64/free-1.0-0.conda.lock", ""),
		c.AddFile("local/label/linux-64/named-1-0/info/index.json", "{}"),
		c.AddFile("https/left.example/linux-64/urls.txt", "x\n"),
		c.AddFile("mine/deep/free-1.0-0.conda", "the user's own"),
		c.AddFile("ours/linux-64/ours-1.0-0.conda", "a channel"), c.AddFile("ours/linux-64/repodata.json", "{}"),
		c.AddFile("built/noarch/built-1.0-0.tar.bz2", "a channel"), c.AddFile("built/channeldata.json", "{}"),
		c.AddFile("mixed/a/linux-64/m-1-0/info/index.json", "{}"),
		c.AddFile("mixed/b/linux-64/b-1-0.conda", "a channel"), c.AddFile("mixed/b/linux-64/current_repodata.json", "{}"),
		c.AddFile("mixed/c/linux-64/c-1-0.conda", "a channel"), c.AddFile("mixed/c/channeldata.json", "{}"),
		c.AddFile("half/linux-64/h-1-0.conda", "a channel"), c.AddFile("half/noarch/repodata.json", "{}"),
		c.AddFile("https/mirror.example/x/linux-64/x-1-0.conda", "a channel"), c.AddFile("https/mirror.example/x/linux-64/repodata.json.zst", "x"),
		c.AddFile("cache/shards/x.msgpack", "x"), c.AddFile("cache/shards/shards.lock", ""), c.AddFile("pkgs.lock", ""),
	)
	env := newEnv(t, filepath.Join(top, "env"))
	must(t, env.LinkFolder(c.Extracted(held), held, fixture.Link{Kind: fixture.Soft, Writer: fixture.Mamba}))
	o := at(c.Dir, append(cache.All(), cache.Locks)...)
	o.Discovery.Environments = []meta.Environment{environment(t, env)}
	p := prepare(t, o)
	if got := p.Caches[0].Family; got != cache.Mamba {
		t.Errorf("family %v", got)
	}
	forge := "https/conda.example/channel/"
	for cat, want := range map[cache.Category]string{
		cache.Tarballs: forge + "linux-64/free-1.0-0.conda " + forge + "linux-64/held-1.0-0.conda " + forge + "linux-64/part-1-0.conda.partial old-1.0-0.conda",
		cache.Packages: "http/localhost_8000/t/x/linux-64/data-1-0 " + forge + "linux-64/free-1.0-0 " + forge + "linux-64/half-1-0 " +
			forge + "noarch/noarch-1.0-0 local/label/linux-64/named-1-0 mixed/a/linux-64/m-1-0 old-1.0-0",
		cache.IndexCache: "cache",
		cache.Locks:      "cache/shards/shards.lock " + forge + "linux-64/free-1.0-0.conda.lock pkgs.lock",
		cache.Trash:      "https/left.example",
	} {
		if got := names(p.In(cat)); got != want {
			t.Errorf("%v: %s\nwant %s", cat, got, want)
		}
	}
	before := contents(t, env.Prefix)
	must(t, os.Remove(c.Path("pkgs.lock"))) // the run takes this lock itself
	p = prepare(t, o)
	r := removal.Execute(context.Background(), p, removal.Options{})
	for _, name := range []string{"ours/linux-64/ours-1.0-0.conda", "built/noarch/built-1.0-0.tar.bz2", "mixed/b/linux-64/b-1-0.conda",
		"mixed/c/linux-64/c-1-0.conda", "half/linux-64/h-1-0.conda", "https/mirror.example/x/linux-64/x-1-0.conda"} {
		if _, err := os.Stat(c.Path(name)); err != nil {
			t.Errorf("an archive of a channel: %v", err)
		}
	}
	if len(r.Failures) > 0 {
		t.Fatalf("%+v", r.Failures)
	}
	if contents(t, env.Prefix) != before {
		t.Error("the environment has changed")
	}
	for _, gone := range []string{"http", "local", forge + "noarch", "https/left.example"} {
		if _, err := os.Lstat(c.Path(gone)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", gone, err)
		}
	}
	for _, left := range []string{"urls.txt", forge + "linux-64/urls.txt", "mine/deep/free-1.0-0.conda", forge + "linux-64/held-1.0-0/info/index.json"} {
		if _, err := os.Lstat(c.Path(left)); err != nil {
			t.Error(err)
		}
	}
	if again := prepare(t, o); names(again.Remove) != "" {
		t.Errorf("left: %s", names(again.Remove))
	}
}

func TestMambaForce(t *testing.T) {
	c := newMambaCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.Add(pkg("a")), c.Cache.Add(pkg("b")), c.AddFile("mine/x", "x"))
	execute(t, prepare(t, at(c.Dir, cache.PkgsDirs)))
	if _, err := os.Lstat(c.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left: %s", tree(t, c.Dir))
	}
}

func TestRattler(t *testing.T) {
	for _, name := range []string{"root", "pkgs", "both", "link"} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			c := newRattlerCache(t, filepath.Join(top, "cache"))
			hard, free, copied := pkg("hard"), pkg("free"), pkg("copied")
			must(t, c.Add(hard), c.Add(free))
			c.Origin = true
			must(t, c.Add(copied), c.Add(hard),
				c.AddFile("pkgs/.free-1.0-0a1B2c3/lib/x", "half"),
				c.AddFile("pkgs/gone-1.0-0.lock", "\x00"),
				c.AddFile("repodata/12345678.json", "{}"), c.AddFile("repodata/12345678.lock", ""),
				c.AddFile("run-exports/a-1-0.json", "{}"), c.AddFile("uv-cache/x", "x"), c.AddFile("cached-envs-v0/x/bin/y", "x"))
			env := newEnv(t, filepath.Join(top, "env"))
			must(t, env.LinkFolder(c.Extracted(hard), hard, fixture.Link{Writer: fixture.Rattler}),
				env.LinkFolder(c.Extracted(copied), copied, fixture.Link{Kind: fixture.Copy, Writer: fixture.Rattler}))
			path := c.Dir
			o := at(path, cache.Packages, cache.IndexCache, cache.Tarballs, cache.Trash)
			index := "repodata run-exports"
			switch name {
			case "pkgs":
				o.Discovery.Caches[0].Path = c.Pkgs()
				index = "" // not below the folder that was named
			case "both":
				o.Discovery.Caches = append(o.Discovery.Caches, meta.Value{Path: c.Pkgs()})
			case "link":
				o.Discovery.Caches[0].Path = filepath.Join(top, "link")
				must(t, fixture.Symlink("cache", o.Discovery.Caches[0].Path))
				o.Discovery.Caches = append(o.Discovery.Caches, meta.Value{Path: c.Dir})
			}
			o.Discovery.Environments = []meta.Environment{environment(t, env)}
			p := prepare(t, o)
			c.Origin = true
			if got, want := names(p.In(cache.Packages)), c.Name(copied)+" free-1.0-0 hard-1.0-0"; got != want {
				t.Errorf("packages: %s, want %s", got, want)
			}
			if got := keptNames(p); got != c.Name(hard)+":hard_linked" {
				t.Errorf("stays: %s", got)
			}
			for cat, want := range map[cache.Category]string{cache.IndexCache: index, cache.Tarballs: ".free-1.0-0a1B2c3", cache.Trash: "gone-1.0-0.lock"} {
				if got := names(p.In(cat)); got != want {
					t.Errorf("%v: %s, want %s", cat, got, want)
				}
			}
			before := contents(t, env.Prefix)
			execute(t, p)
			if contents(t, env.Prefix) != before {
				t.Error("the environment has changed")
			}
			left, err := os.ReadDir(c.Pkgs())
			must(t, err)
			var list []string
			for _, e := range left {
				list = append(list, e.Name())
			}
			if got, want := strings.Join(list, " "), ".cache.lock "+c.Name(hard)+" "+c.Name(hard)+".lock"; got != want {
				t.Errorf("left: %s, want %s", got, want)
			}
			for _, rel := range []string{"uv-cache/x", "cached-envs-v0/x/bin/y", "CACHEDIR.TAG"} {
				if _, err := os.Lstat(c.Path(rel)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestRattlerMarks(t *testing.T) {
	top := t.TempDir()
	c := newRattlerCache(t, filepath.Join(top, "c"))
	must(t, c.Add(pkg("a")))
	// pixi writes no tag. Before rattler had a lock for writers, metadata files were the
	// only marks.
	for _, mark := range []string{"CACHEDIR.TAG", "pkgs/.cache.lock"} {
		must(t, os.Remove(c.Path(mark)))
		for _, path := range []string{c.Dir, c.Pkgs()} {
			if got := names(prepare(t, at(path, cache.Packages)).Remove); got != "a-1.0-0" {
				t.Errorf("without %s, %s: %q", mark, path, got)
			}
		}
	}
	must(t, os.Remove(c.Path("pkgs/a-1.0-0.lock")))
	for _, path := range []string{c.Dir, c.Pkgs()} {
		if err := cache.Inspect(path, nil); !errors.Is(err, cache.ErrNotCache) {
			t.Errorf("%s, without marks: %v", path, err)
		}
	}
	// Other programs tag their caches too.
	must(t, os.WriteFile(c.Path("CACHEDIR.TAG"), []byte("Signature: 8a477f597d28d172789f06886806bc55\n# cargo\n"), 0o644))
	if err := cache.Inspect(c.Dir, nil); !errors.Is(err, cache.ErrNotCache) {
		t.Errorf("cargo's tag: %v", err)
	}
}

func TestRattlerForce(t *testing.T) {
	c := newRattlerCache(t, filepath.Join(t.TempDir(), "c"))
	must(t, c.Add(pkg("a")), c.AddFile("repodata/x.json", "{}"), c.AddFile("uv-cache/x", "x"), c.AddFile("pkgs/odd", "x"))
	execute(t, prepare(t, at(c.Dir, cache.PkgsDirs)))
	if got, want := tree(t, c.Dir), "/ /CACHEDIR.TAG /pkgs/ /pkgs/.cache.lock /uv-cache/ /uv-cache/x"; got != want {
		t.Errorf("left: %s, want %s", got, want)
	}
}

func TestRattlerPkgsIsASymlink(t *testing.T) {
	top := t.TempDir()
	c := newRattlerCache(t, filepath.Join(top, "c"))
	other := newCache(t, filepath.Join(top, "other"))
	must(t, other.Add(pkg("a")), os.RemoveAll(c.Pkgs()), fixture.Symlink(other.Dir, c.Pkgs()), c.AddFile("repodata/x.json", "{}"))
	p := prepare(t, at(c.Dir, cache.All()...))
	if got := names(p.Remove); got != "repodata" {
		t.Errorf("goes: %s", got)
	}
	if len(p.Problems) != 1 || !errors.Is(p.Problems[0].Err, cache.ErrNotFolder) || p.Problems[0].Code != cache.CodeNotFolder {
		t.Errorf("problems: %+v", p.Problems)
	}
}

func TestUserCacheOfConda(t *testing.T) {
	dir := filepath.Join(t.TempDir(), ".cache", "conda")
	c := &fixture.Cache{Dir: dir}
	must(t, c.AddFile("pkgs/cache/shards/x", "x"), c.AddFile("notices/notices.cache", ""), c.AddFile("notices/ab12.json", "{}"), c.AddFile("mine", ""))
	o := at(dir, cache.All()...)
	o.Discovery.Caches = append(o.Discovery.Caches, meta.Value{Path: filepath.Join(dir, "pkgs")})
	p := prepare(t, o)
	if got, want := names(p.Remove), "cache"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
	execute(t, p)
	if got, want := tree(t, dir), "/ /mine /notices/ /notices/ab12.json /notices/notices.cache /pkgs/"; got != want {
		t.Errorf("left: %s, want %s", got, want)
	}

	// An empty default folder is no problem, but a folder that somebody named as a cache
	// is.
	for source, code := range map[string]string{"default": "", "/home/u/.condarc": cache.CodeNotCache} {
		o := at(dir, cache.All()...)
		o.Discovery.Caches = []meta.Value{{Path: dir, Source: source}}
		p := prepare(t, o)
		if code == "" && len(p.Problems) > 0 || code != "" && (len(p.Problems) != 1 || p.Problems[0].Code != code) {
			t.Errorf("%s: %+v", source, p.Problems)
		}
	}
}

// conda numbers the files that it sets aside on Windows. Those in the cache are listed
// once, whether or not the cache is also searched for temp files.
func TestCondaTrash(t *testing.T) {
	root := t.TempDir()
	env := newEnv(t, filepath.Join(root, "env"))
	c := newCache(t, filepath.Join(root, "pkgs"))
	owner := fixture.Package{Name: "owner", Version: "1", Build: "0", Files: []fixture.File{{Path: "share/own.conda_trash", Content: "data"}}}
	must(t, env.Link(c, owner, fixture.Link{Kind: fixture.Copy}),
		env.AddFile("Library/bin/x.dll.conda_trash", "x"), env.AddFile("DLLs/y.pyd.conda_trash_12", "y"),
		env.AddFile("share/conda_trash.txt", "data"), env.AddFile("share/x.conda_trash_notes", "data"),
		c.AddFile("a-1-0.conda.conda_trash", "z"), c.AddFile("b-1-0.tar.bz2.mamba_trash", "z"))
	o := cachetest.At(c.Dir, cache.Trash)
	if got, want := names(prepare(t, o).Remove), "a-1-0.conda.conda_trash b-1-0.tar.bz2.mamba_trash"; got != want {
		t.Errorf("goes from the cache: %s, want %s", got, want)
	}
	o.Discovery.Environments = []meta.Environment{environment(t, env)}
	o.TempPaths = []string{root}
	p := prepare(t, o)
	if got, want := names(p.Remove), "env/DLLs/y.pyd.conda_trash_12 env/Library/bin/x.dll.conda_trash a-1-0.conda.conda_trash b-1-0.tar.bz2.mamba_trash"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
	if got, want := keptNames(p), fmt.Sprintf("env/share/own.conda_trash:%s", cache.ListedByRecord); got != want {
		t.Errorf("stays: %s, want %s", got, want)
	}
	execute(t, p)
}

func TestMambaTrashList(t *testing.T) {
	env := newEnv(t, filepath.Join(t.TempDir(), "env"))
	must(t, env.AddFile("lib/x.so.mamba_trash", "x"), env.AddFile("conda-meta/mamba_trash.txt", "lib/x.so.mamba_trash\n"), env.AddFile("share/mamba_trash.txt", "data"))
	p := prepare(t, cache.Options{Look: cache.Look{Discovery: cachetest.Found(), NothingRuns: true}, Targets: []cache.Category{cache.Trash}, TempPaths: []string{env.Prefix}})
	if got, want := names(p.Remove), "conda-meta/mamba_trash.txt lib/x.so.mamba_trash"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
	execute(t, p)
}
