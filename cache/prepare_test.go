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
	// Links among its own files, and among packages, do not hold a package.
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

// A package may contain symlinks that lead out of it. If an environment's path goes through
// such a symlink, it needs the package.
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

func TestFreedAccountsForLinks(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	a, b := pkg("a"), pkg("b")
	must(t, c.AddExtracted(a), c.AddExtracted(b))
	o := options(c, cache.Packages)
	apart := cache.SizesOf(prepare(t, o).Remove)
	// The same data file in both packages is counted twice, but freed once.
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
