package cache_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/meta"
)

// bind bind-mounts the folder from at to, or skips the test.
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
	o.Discovery.Caches = append(o.Discovery.Caches, meta.Value{Path: other}, meta.Value{Path: again}, meta.Value{Path: r.Dir})
	o.Discovery.Environments = []meta.Environment{environment(t, env)}
	p := prepare(t, o)
	if got := names(p.Remove); got != "free-1.0-0 free-1.0-0" || len(p.Caches) != 3 { // the third is rattler's root
		t.Errorf("goes: %s, of %d caches", got, len(p.Caches))
	}
	if got := keptNames(p); got != "soft-1.0-0:soft_linked" {
		t.Errorf("stays: %s", got)
	}
	before := contents(t, env.Prefix)
	execute(t, p)
	if contents(t, env.Prefix) != before {
		t.Error("the environment has changed")
	}
}

// TestMountedFile: the error names a file that is mounted in a package, and says what to
// do. After that is done, the next run removes the rest.
func TestMountedFile(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	must(t, c.AddExtracted(pkg("a")))
	name := filepath.Join(c.Extracted(pkg("a")), "mounted")
	other := filepath.Join(top, "other")
	must(t, os.WriteFile(name, nil, 0o644), os.WriteFile(other, []byte("mine"), 0o644))
	if err := unix.Mount(other, name, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("bind mounts are not possible here: %v", err)
	}
	mounted := func() string {
		moved, _ := filepath.Glob(filepath.Join(c.Path(".gclean-trash"), "*", "mounted"))
		if len(moved) == 1 {
			return moved[0]
		}
		return name
	}
	t.Cleanup(func() { unix.Unmount(mounted(), unix.MNT_DETACH) })
	r := removal.Execute(context.Background(), prepare(t, options(c, cache.Packages)), removal.Options{})
	if len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Err.Error(), mounted()) || !strings.Contains(r.Failures[0].Err.Error(), "umount") {
		t.Fatalf("%+v", r)
	}
	must(t, unix.Unmount(mounted(), 0))
	execute(t, prepare(t, options(c, cache.Packages)))
	if left, err := os.ReadDir(c.Path(".gclean-trash")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left: %v, %v", left, err)
	}
	if data, err := os.ReadFile(other); string(data) != "mine" {
		t.Errorf("what was mounted: %q, %v", data, err)
	}
}

// Container builds often mount a volume for the packages alone.
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
	if os.Geteuid() == 0 { // a folder of another user, which root could empty elsewhere
		must(t, os.Chown(c.Extracted(pkg("a")), 1000, 1000))
	}
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
	// ls, why and report give one reason for it, although no folder in the package can be
	// emptied either.
	look := at(path, cache.Packages).Look
	list, _, err := cache.List(t.Context(), cache.ListOptions{Look: look})
	must(t, err)
	answer, err := cache.Explain(t.Context(), look, nil)
	must(t, err)
	report, err := cache.NewReport(t.Context(), cache.ReportOptions{Look: look})
	must(t, err)
	holds := [][]hold.Hold{list[0].Holds}
	for _, x := range answer.Entries {
		holds = append(holds, x.Holds)
	}
	for _, i := range report.Items {
		holds = append(holds, i.Holds)
	}
	for _, h := range holds {
		if len(h) != 1 || h[0].Reason != cache.InReadOnlyCache {
			t.Errorf("%s: %+v", path, holds)
		}
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
