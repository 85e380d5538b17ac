package cache_test

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

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/meta"
	"gclean/walk"
)

func TestPackages(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	hard, soft, copied, free := pkg("hard"), pkg("soft"), pkg("copied"), pkg("free")
	liar, metapkg := pkg("liar"), fixture.Package{Name: "metapkg", Version: "1.0", Build: "0"}
	for _, p := range []fixture.Package{hard, soft, copied, free, liar, metapkg} {
		must(t, c.AddExtracted(p))
	}
	env := newEnv(t, filepath.Join(top, "env"))
	must(t,
		env.Link(c, hard, fixture.Link{Kind: fixture.Hard}),
		env.Link(c, copied, fixture.Link{Kind: fixture.Copy}),
		env.Link(c, metapkg, fixture.Link{Kind: fixture.Copy}),
	)
	goes, stays := "copied-1.0-0 free-1.0-0 liar-1.0-0 soft-1.0-0", "hard-1.0-0:hard_linked metapkg-1.0-0:only_info"
	if fixture.CanSymlink() == nil {
		must(t,
			env.Link(c, soft, fixture.Link{Kind: fixture.Soft}),
			env.Link(c, liar, fixture.Link{Kind: fixture.Soft, Writer: fixture.Mamba}),
		)
		goes, stays = "copied-1.0-0 free-1.0-0", "hard-1.0-0:hard_linked liar-1.0-0:symlink_found metapkg-1.0-0:only_info soft-1.0-0:soft_linked"
	}
	// Links among its own files, and among packages, hold nothing.
	must(t,
		os.Link(c.Path("free-1.0-0/lib/free.so"), c.Path("free-1.0-0/lib/free2.so")),
		os.Link(c.Path("free-1.0-0/lib/free.so"), c.Path("copied-1.0-0/lib/free.so")),
	)
	o := options(c, cache.Packages)
	o.Discovery.Environments = []meta.Environment{environment(t, env)}
	p := prepare(t, o)
	if got := names(p.Remove); got != goes {
		t.Errorf("goes: %s, want %s", got, goes)
	}
	if got := keptNames(p); got != stays {
		t.Errorf("stays: %s, want %s", got, stays)
	}
	before := contents(t, env.Prefix)
	r := removal.Execute(context.Background(), p, removal.Options{})
	if r.Err != nil || len(r.Failures) > 0 || len(r.Removed) != len(p.Remove) {
		t.Fatalf("%+v", r)
	}
	if after := contents(t, env.Prefix); after != before {
		t.Errorf("the environment has changed: %s, was %s", after, before)
	}
	if left := names(prepare(t, o).Remove); left != "" {
		t.Errorf("left: %s", left)
	}
	if _, err := os.Lstat(c.Path(".gclean-trash")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the trash is still there: %v", err)
	}
}

// A package may bring symlinks that lead out of it: an environment's way there
// goes through the package all the same.
func TestSymlinkThroughAPackage(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	certs := filepath.Join(top, "certs")
	p := fixture.Package{Name: "certs", Version: "1.0", Build: "0", Files: []fixture.File{{Path: "ssl/cert.pem", Content: "x"}}}
	env := newEnv(t, filepath.Join(top, "env"))
	must(t, c.AddExtracted(p), env.Link(c, p, fixture.Link{Kind: fixture.Soft, Writer: fixture.Mamba}),
		os.WriteFile(certs, nil, 0o644), os.Remove(c.Path("certs-1.0-0/ssl/cert.pem")), fixture.Symlink(certs, c.Path("certs-1.0-0/ssl/cert.pem")))
	o := options(c, cache.Packages)
	o.Discovery.Environments = []meta.Environment{environment(t, env)}
	if got, want := keptNames(prepare(t, o)), fmt.Sprintf("certs-1.0-0:%s", hold.SymlinkFound); got != want {
		t.Errorf("stays: %s, want %s", got, want)
	}
}

func TestAllOfACondaCache(t *testing.T) {
	cs, err := fixture.CondaCase(t.TempDir())
	must(t, err)
	o := options(cs.Cache, cache.All()...)
	o.TempPaths = []string{cs.Root}
	o.Discovery.Environments = []meta.Environment{environment(t, cs.Env)}
	p := prepare(t, o)
	for c, want := range map[cache.Category]string{
		cache.Tarballs:   "half-1.0-0.conda.partial half-2.0-0.tar.bz2.partial idle-one-0.9-0.tar.bz2 idle-two-4.5-h1234_1.conda used-one-1.0-0.tar.bz2 used-two-2.3.1-py311_0.conda",
		cache.IndexCache: "cache",
		cache.Packages:   "idle-one-0.9-0 idle-two-4.5-h1234_1",
		cache.TempFiles:  "tmpsample/a.c~ tmpsample/b.trash",
		cache.LogFiles:   ".logs/20260101-000000-000000.log .logs/x.log",
		cache.Trash:      "",
	} {
		if got := names(p.In(c)); got != want {
			t.Errorf("%v: %s, want %s", c, got, want)
		}
	}
	if size := cache.SizesOf(p.In(cache.Packages)).Apparent; size != 3041168 {
		t.Errorf("packages have %d bytes", size)
	}
	r := removal.Execute(context.Background(), p, removal.Options{})
	if len(r.Failures) > 0 || len(r.Removed) != len(p.Remove) {
		t.Fatalf("%+v", r)
	}
	again := prepare(t, o)
	if len(again.Remove) > 0 {
		t.Errorf("left: %s", names(again.Remove))
	}
}

func TestTempFiles(t *testing.T) {
	cs, err := fixture.CondaCase(t.TempDir())
	must(t, err)
	// A file of a package that has such a name stays, in the environment and
	// in the cache.
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

// A record may write a folder in another way than who made it.
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

// The packages of a cache that is not being cleaned are no place for temp
// files either.
func TestTempFilesOfAnotherCache(t *testing.T) {
	top := t.TempDir()
	c, other := newCache(t, filepath.Join(top, "pkgs")), newCache(t, filepath.Join(top, "root/pkgs"))
	owner := fixture.Package{Name: "owner", Version: "1", Build: "0", Files: []fixture.File{{Path: "share/recycle.trash", Content: "data"}}}
	must(t, other.AddExtracted(owner), other.AddFile("x.c~", ""), other.AddFile(".trash/y.c~", ""))
	o := options(c, cache.TempFiles)
	o.TempPaths = []string{top}
	if got, want := names(prepare(t, o).Remove), "root/pkgs/.trash/y.c~ root/pkgs/x.c~"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
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
		if softly && len(left) != 3 { // the package and the marks
			t.Errorf("left: %v", left)
		}
	}
}

// A package may be hard-linked by one environment and soft-linked by another,
// on another file system: the first must not hide the second.
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
	// What an environment that cannot be read links is not known either.
	o.Discovery.Environments[1] = meta.Environment{Prefix: b.Prefix, Err: errors.New("stale file handle")}
	if got, want := keptNames(prepare(t, o)), fmt.Sprintf("both-1.0-0:%s hard-1.0-0:%[1]s", hold.UnreadableEnv); got != want {
		t.Errorf("stays: %s, want %s", got, want)
	}
}

// What lies deeper in a cache than conda puts it is not lost with -f: mamba 2.6
// has its packages below the channel, some people have environments there, and
// some have moved a package away and left a symlink.
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

func TestDoubt(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	must(t, c.Add(pkg("a")))
	o := options(c, cache.Packages, cache.Tarballs)
	o.Discovery.Environments = []meta.Environment{{Prefix: "/srv/env", Err: errors.New("stale file handle")}}
	p := prepare(t, o)
	if got := names(p.Remove); got != "a-1.0-0.conda" || !p.Doubt() {
		t.Errorf("goes: %s, doubt %v", got, p.Doubt())
	}
	if codes(p) != cache.CodeUnreadableEnv || !p.Problems[0].Doubt || !strings.Contains(p.Problems[0].Err.Error(), "/srv/env") {
		t.Errorf("problems: %+v", p.Problems)
	}
	o.IgnoreUnreadable = true
	if p := prepare(t, o); names(p.Remove) != "a-1.0-0.conda a-1.0-0" || p.Doubt() {
		t.Errorf("ignored, yet goes: %s, doubt %v", names(p.Remove), p.Doubt())
	}
}

func TestBadCaches(t *testing.T) {
	top := t.TempDir()
	must(t, os.WriteFile(filepath.Join(top, "file"), nil, 0o644), os.Mkdir(filepath.Join(top, "empty"), 0o755))
	symlinks := fixture.CanSymlink() == nil
	if symlinks {
		must(t, fixture.Symlink("b", filepath.Join(top, "a")), fixture.Symlink("a", filepath.Join(top, "b")))
	}
	env := newEnv(t, filepath.Join(top, "env"))
	must(t, env.AddFile("urls.txt", ""))
	must(t, os.MkdirAll(filepath.Join(top, "full", "x"), 0o755))
	home := newCache(t, filepath.Join(top, "home"))
	above := newCache(t, filepath.Join(top, "above"))
	must(t, os.MkdirAll(above.Path("of/somebody"), 0o755))
	for _, c := range []struct {
		path string
		want error
		says string
		code string // where it was not named
	}{
		{"file", cache.ErrNotCache, "not even a folder", cache.CodeNotCache},
		{"empty", cache.ErrNotCache, "urls.txt", ""},
		{"full", cache.ErrNotCache, "urls.txt", cache.CodeNotCache},
		{"missing", fs.ErrNotExist, "no such folder", ""},
		{"env", cache.ErrRefused, "environment", cache.CodeRefused},
		{"home", cache.ErrRefused, "home folder", cache.CodeRefused},
		{"above", cache.ErrRefused, "a home folder is in it", cache.CodeRefused},
		{"a", nil, "circle", cache.CodeSymlinkLoop},
	} {
		if c.path == "a" && !symlinks {
			continue
		}
		path := filepath.Join(top, c.path)
		o := at(path, cache.All()...)
		o.Discovery.Homes = []string{home.Dir, above.Path("of/somebody")}
		o.Discovery.Caches[0].Named = true
		_, err := cache.Prepare(context.Background(), o)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", c.path, err)
		}
		if strings.Contains(fmt.Sprint(err), "\n") {
			t.Errorf("%s: more than a line: %v", c.path, err)
		}
		// Not named by the user, it is passed over.
		o.Discovery.Caches[0].Named = false
		p := prepare(t, o)
		if len(p.Caches) > 0 || len(p.Remove) > 0 {
			t.Errorf("%s: %+v", c.path, p)
		}
		if got := codes(p); got != c.code {
			t.Errorf("%s: problems %q, %v", c.path, got, p.Problems)
		}
	}
	if err := cache.Inspect(string(filepath.Separator), nil); !errors.Is(err, cache.ErrRefused) {
		t.Errorf("the root of the file system: %v", err)
	}
}

func TestSameCacheTwice(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	must(t, c.Add(pkg("a")), fixture.Symlink("pkgs", filepath.Join(top, "link")))
	o := options(c, cache.Tarballs, cache.Packages)
	o.Discovery.Caches = append(o.Discovery.Caches, meta.Value{Path: filepath.Join(top, "link")}, meta.Value{Path: c.Dir + "/"})
	if p := prepare(t, o); len(p.Remove) != 2 || len(p.Caches) != 1 {
		t.Errorf("%d entries in %d caches", len(p.Remove), len(p.Caches))
	}
}

func TestFreedAccountsForLinks(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	a, b := pkg("a"), pkg("b")
	must(t, c.AddExtracted(a), c.AddExtracted(b))
	o := options(c, cache.Packages)
	apart := cache.SizesOf(prepare(t, o).Remove)
	// The same data file in both packages: counted twice, freed once.
	must(t, os.Remove(c.Path("b-1.0-0/share/b/data")), os.Link(c.Path("a-1.0-0/share/a/data"), c.Path("b-1.0-0/share/b/data")))
	st, err := os.Stat(c.Path("a-1.0-0/share/a/data"))
	must(t, err)
	disk := (st.Size() + 4095) / 4096 * 4096
	linked := cache.SizesOf(prepare(t, o).Remove)
	if linked.Apparent != apart.Apparent {
		t.Errorf("apparent %d, was %d", linked.Apparent, apart.Apparent)
	}
	if runtime.GOOS == "linux" && apart.Freed-linked.Freed != disk {
		t.Errorf("freed %d, was %d: less by %d, want %d", linked.Freed, apart.Freed, apart.Freed-linked.Freed, disk)
	}
}

func TestHalfExtracted(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddArchive(pkg("half")), c.AddFile("half-1.0-0/lib/x", "x"), c.AddFile("mine/x", "x"), c.AddFile(".hidden/x", "x"))
	if got := names(prepare(t, options(c, cache.Packages)).Remove); got != "half-1.0-0" {
		t.Errorf("goes: %s", got)
	}
}

func TestNamesThatAreNotUTF8(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("all names are UTF-16")
	}
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	odd := strings.Repeat("\xff", 20) + "-1-0"
	must(t, c.AddFile("urls.txt.new", "https://conda.example/"+odd+".CONDA\n"), os.Rename(c.Path("urls.txt.new"), c.Path("urls.txt")))
	if err := c.AddFile(odd+"/lib/x", "x"); err != nil {
		t.Skip("this file system takes no such names: ", err)
	}
	if got := names(prepare(t, options(c, cache.Packages)).Remove); got != odd {
		t.Errorf("goes: %q", got)
	}
}

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
		// Whatever failed, each entry is whole or gone, and a second run ends
		// the work.
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
		// The fault may have been the removal of the trash folder itself.
		if left, _ := os.ReadDir(c.Path(".gclean-trash")); len(left) > 0 {
			t.Errorf("step %d: in the trash: %v", step, left)
		}
	}
}

// A cache that -f could not empty has to be known for one by the next run.
func TestForceKeepsTheMarksToTheEnd(t *testing.T) {
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
