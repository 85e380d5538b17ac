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
	"gclean/internal/fixture"
	"gclean/meta"
)

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
	channel := newCache(t, filepath.Join(top, "channel"))
	must(t, channel.AddFile("repodata.json", "{}"))
	home := newCache(t, filepath.Join(top, "home"))
	above := newCache(t, filepath.Join(top, "above"))
	must(t, os.MkdirAll(above.Path("of/somebody"), 0o755))
	if runtime.GOOS != "windows" {
		everybodys := newCache(t, filepath.Join(top, "everybodys"))
		must(t, everybodys.AddFile("thesis/chapter", "mine"), os.Chmod(everybodys.Dir, 0o777|fs.ModeSticky))
	}
	for _, c := range []struct {
		path string
		want error
		says string
		code string // if it was not named
	}{
		{"file", cache.ErrNotCache, "is not a folder", cache.CodeNotCache},
		{"empty", cache.ErrNotCache, "urls.txt", ""},
		{"full", cache.ErrNotCache, "urls.txt", cache.CodeNotCache},
		{"missing", fs.ErrNotExist, "no such folder", cache.CodeNoCache},
		{"env", cache.ErrRefused, "environment", cache.CodeRefused},
		{"home", cache.ErrRefused, "home folder", cache.CodeRefused},
		{"above", cache.ErrRefused, "it contains a home folder", cache.CodeRefused},
		{"a", nil, "form a loop", cache.CodeSymlinkLoop},
		{"channel", cache.ErrRefused, "it is a channel", cache.CodeRefused},
		{"everybodys", cache.ErrRefused, "all users may write", cache.CodeRefused},
	} {
		if c.path == "a" && !symlinks || c.path == "everybodys" && runtime.GOOS == "windows" {
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
		// If the user did not name it, it is skipped.
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
