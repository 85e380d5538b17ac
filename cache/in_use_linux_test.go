package cache_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/fixture"
)

// usesHere returns options for a plan on this machine, limited to this process and its
// mounts.
func usesHere(c *fixture.Cache, targets ...cache.Category) cache.Options {
	none := time.Duration(0)
	o := options(c, targets...)
	o.NothingRuns, o.Grace = false, &none
	o.System = func() hold.System {
		sys := hold.ReadSystem()
		sys.Processes = slices.DeleteFunc(sys.Processes, func(p hold.Process) bool { return p.PID != os.Getpid() })
		return sys
	}
	return o
}

// stays checks that plans of each kind keep the package a because path uses it, and remove
// b.
func stays(t *testing.T, c *fixture.Cache, path string) {
	t.Helper()
	for _, target := range []cache.Category{cache.Packages, cache.PkgsDirs} {
		p := prepare(t, usesHere(c, target))
		if got := names(p.Remove); got != "b-1.0-0" {
			t.Errorf("%s: goes: %s", target, got)
		}
		use := hold.Use{}
		if len(p.Kept) == 0 || p.Kept[0].Entry.Name != "a-1.0-0" || p.Kept[0].Holds[0].Reason != hold.InUse ||
			p.Kept[0].Holds[0].File != path || !errors.As(p.Kept[0].Holds[0].Err, &use) {
			t.Errorf("%s: stays: %+v", target, p.Kept)
		}
	}
}

func TestMountedElsewhere(t *testing.T) {
	for name, part := range map[string]string{"a file": "lib/a.so", "a folder": "share/a", "the whole": ""} {
		t.Run(name, func(t *testing.T) {
			top, err := filepath.EvalSymlinks(t.TempDir())
			must(t, err)
			c := newCache(t, filepath.Join(top, "pkgs"))
			must(t, c.AddExtracted(pkg("a")), c.AddExtracted(pkg("b")))
			from, to := filepath.Join(c.Extracted(pkg("a")), part), filepath.Join(top, "elsewhere")
			if name == "a file" {
				must(t, os.WriteFile(to, nil, 0o644))
				if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
					t.Skipf("bind mounts are not possible here: %v", err)
				}
				t.Cleanup(func() { must(t, unix.Unmount(to, unix.MNT_DETACH)) })
			} else {
				bind(t, from, to, false)
			}
			stays(t, c, to)
		})
	}
}

// TestMountedElsewhereThenNot: a later run removes what was kept for a mount.
func TestMountedElsewhereThenNot(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	must(t, c.AddExtracted(pkg("a")))
	t.Run("mounted", func(t *testing.T) {
		bind(t, filepath.Join(c.Extracted(pkg("a")), "share"), filepath.Join(top, "elsewhere"), false)
		if got := names(prepare(t, usesHere(c, cache.Packages)).Remove); got != "" {
			t.Errorf("goes: %s", got)
		}
	})
	if got := names(prepare(t, usesHere(c, cache.Packages)).Remove); got != "a-1.0-0" {
		t.Errorf("goes: %q", got)
	}
}

func TestWorkingFolderInAPackage(t *testing.T) {
	top, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	c := newCache(t, filepath.Join(top, "pkgs"))
	must(t, c.AddExtracted(pkg("a")), c.AddExtracted(pkg("b")))
	dir := filepath.Join(c.Extracted(pkg("a")), "share", "a")
	t.Chdir(dir)
	if cwd, err := os.Readlink("/proc/self/cwd"); err != nil || cwd != dir {
		t.Skipf("/proc does not tell: %s, %v", cwd, err)
	}
	stays(t, c, dir)
}
