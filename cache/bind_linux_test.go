package cache_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"gclean/cache"
	"gclean/internal/fixture"
	"gclean/meta"
)

// bind mounts the folder from at to as well, or skips the test.
func bind(t *testing.T, from, to string, readOnly bool) {
	t.Helper()
	must(t, os.MkdirAll(to, 0o755))
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("bind mounts are not possible here: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(to, unix.MNT_DETACH)) })
	if readOnly {
		if err := unix.Mount("", to, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			t.Skipf("read-only bind mounts are not possible here: %v", err)
		}
	}
}

func TestSameCacheByABindMount(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	r := newRattlerCache(t, filepath.Join(top, "rattler"))
	soft := pkg("soft")
	must(t, c.AddExtracted(soft), c.AddExtracted(pkg("free")), r.Add(pkg("free")))
	other, again := filepath.Join(top, "other"), filepath.Join(top, "again")
	bind(t, c.Dir, other, false)
	bind(t, r.Pkgs(), again, false)
	// The environment knows the cache by its other name.
	env := newEnv(t, filepath.Join(top, "env"))
	must(t, env.LinkFolder(filepath.Join(other, soft.Dist()), soft, fixture.Link{Kind: fixture.Soft}))
	o := options(c, cache.Packages)
	o.Caches = append(o.Caches, cache.Candidate{Path: other}, cache.Candidate{Path: again}, cache.Candidate{Path: r.Dir})
	o.Environments = []meta.Environment{environment(t, env)}
	p := prepare(t, o)
	if got := names(p.Remove); got != "free-1.0-0 free-1.0-0" || len(p.Caches) != 3 { // rattler's root is the third
		t.Errorf("goes: %s, of %d caches", got, len(p.Caches))
	}
	if got := keptNames(p); got != "soft-1.0-0:1" {
		t.Errorf("stays: %s", got)
	}
	before := contents(t, env.Prefix)
	execute(t, p)
	if contents(t, env.Prefix) != before {
		t.Error("the environment has changed")
	}
}

// A volume for the packages alone is how container builds keep them.
func TestRattlerPackagesOnAVolume(t *testing.T) {
	top := t.TempDir()
	c := newRattlerCache(t, filepath.Join(top, "cache"))
	volume := newRattlerCache(t, filepath.Join(top, "volume"))
	must(t, volume.Add(pkg("a")))
	bind(t, volume.Pkgs(), c.Pkgs(), false)
	p := prepare(t, at(c.Dir, cache.Packages))
	if got := names(p.Remove); got != "a-1.0-0" {
		t.Errorf("goes: %q, problems %+v", got, p.Problems)
	}
	execute(t, p)
}

func TestReadOnlyCacheOfRoot(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	must(t, c.Add(pkg("a")))
	ro := filepath.Join(top, "ro")
	bind(t, c.Dir, ro, true)
	readOnly(t, ro)
	r := newRattlerCache(t, filepath.Join(top, "rattler"))
	must(t, r.Add(pkg("a")))
	bind(t, r.Dir, filepath.Join(top, "ro2"), true)
	readOnly(t, filepath.Join(top, "ro2"))
}

func readOnly(t *testing.T, path string) {
	t.Helper()
	p := prepare(t, at(path, cache.All()...))
	if len(p.Remove) > 0 || len(p.Problems) == 0 || !errors.Is(p.Problems[0].Err, cache.ErrReadOnly) {
		t.Errorf("%s: goes %q, problems %+v", path, names(p.Remove), p.Problems)
	}
	if err := cache.Inspect(path, nil); !errors.Is(err, cache.ErrReadOnly) {
		t.Errorf("%s: %v", path, err)
	}
}

func TestReadOnlyCacheOfAUser(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write to any folder")
	}
	r := newRattlerCache(t, filepath.Join(t.TempDir(), "rattler"))
	must(t, r.Add(pkg("a")), os.Chmod(r.Pkgs(), 0o555), os.Chmod(r.Dir, 0o555))
	t.Cleanup(func() { must(t, os.Chmod(r.Dir, 0o755), os.Chmod(r.Pkgs(), 0o755)) })
	readOnly(t, r.Dir)
}
