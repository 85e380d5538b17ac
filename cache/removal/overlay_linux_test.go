package removal_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
)

// newTmpfs mounts a tmpfs for the layers of an overlayfs. An overlayfs does not accept
// another one, such as /tmp in a container, as upper layer.
func newTmpfs(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	base := t.TempDir()
	if err := unix.Mount("none", base, "tmpfs", 0, ""); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(base, unix.MNT_DETACH) })
	return base
}

// TestKilledAnywhereOnOverlay is TestKilledAnywhere on overlayfs, with the packages in a
// lower layer, where folders cannot be renamed.
func TestKilledAnywhereOnOverlay(t *testing.T) {
	base := newTmpfs(t)
	n := 0
	killEverywhere(t, func(t *testing.T) victim {
		n++
		top := filepath.Join(base, string(rune('a'+n/26%26))+string(rune('a'+n%26))+string(rune('a'+n/676)))
		for _, dir := range []string{"lower", "upper", "work", "merged"} {
			must(t, os.MkdirAll(filepath.Join(top, dir), 0o755))
		}
		v := newVictim(t, filepath.Join(top, "lower"))
		merged := filepath.Join(top, "merged")
		must(t, unix.Mount("overlay", merged, "overlay", 0, "lowerdir="+top+"/lower,upperdir="+top+"/upper,workdir="+top+"/work"))
		t.Cleanup(func() { unix.Unmount(merged, unix.MNT_DETACH) })
		// Link the environment of the merged tree again, since its soft links lead to the
		// lower tree.
		must(t, os.RemoveAll(filepath.Join(merged, "env")))
		v.c.Dir = filepath.Join(merged, "pkgs")
		v.env = newEnv(t, filepath.Join(merged, "env"))
		must(t, v.env.Link(v.c, pkg("soft"), softLink()))
		return v
	})
}

// TestNoQuarantineOnOverlay: a folder of a lower layer cannot be renamed. It is kept, with
// an error.
func TestNoQuarantineOnOverlay(t *testing.T) {
	base := newTmpfs(t)
	for _, dir := range []string{"upper", "work", "merged"} {
		must(t, os.Mkdir(filepath.Join(base, dir), 0o755))
	}
	c := newCache(t, filepath.Join(base, "lower", "pkgs"))
	must(t, c.Add(pkg("a")))
	merged := filepath.Join(base, "merged")
	if err := unix.Mount("overlay", merged, "overlay", 0, "redirect_dir=off,lowerdir="+base+"/lower,upperdir="+base+"/upper,workdir="+base+"/work"); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(merged, unix.MNT_DETACH) })
	o := at(filepath.Join(merged, "pkgs"), cache.Tarballs, cache.Packages)
	before := whole(t, filepath.Join(merged, "pkgs", "a-1.0-0"))
	r := removal.Execute(t.Context(), prepare(t, aside(o, time.Now())), removal.Options{})
	if len(r.Failures) != 1 || r.Failures[0].Entry.Name != "a-1.0-0" || !errors.Is(r.Failures[0].Err, removal.ErrNoQuarantine) {
		t.Errorf("%+v", r.Failures)
	}
	if whole(t, filepath.Join(merged, "pkgs", "a-1.0-0")) != before {
		t.Error("the package has changed")
	}
	if got := inQuarantine(t, o); got != "a-1.0-0.conda" {
		t.Errorf("in quarantine: %s", got)
	}
}

// TestPlanCopiesNothing: a plan asks for the locks in an index cache without opening files
// for writing, which would copy them from a lower layer into the upper one.
func TestPlanCopiesNothing(t *testing.T) {
	base := newTmpfs(t)
	for _, dir := range []string{"upper", "work", "merged"} {
		must(t, os.Mkdir(filepath.Join(base, dir), 0o755))
	}
	c := newCache(t, filepath.Join(base, "lower", "pkgs"))
	must(t, c.AddFile("cache/09cdf8bf.json", "{}"), c.AddFile("cache/09cdf8bf.info.json", "{}"), c.AddFile("cache/cache.lock", ""))
	merged := filepath.Join(base, "merged")
	if err := unix.Mount("overlay", merged, "overlay", 0, "lowerdir="+base+"/lower,upperdir="+base+"/upper,workdir="+base+"/work"); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(merged, unix.MNT_DETACH) })
	o := at(filepath.Join(merged, "pkgs"), cache.IndexCache)
	o.NothingRuns, o.System = false, func() hold.System { return hold.System{} }
	none := time.Duration(0)
	o.Grace = &none
	if got := names(prepare(t, o).Remove); got != "cache" {
		t.Errorf("removes %s", got)
	}
	items, err := os.ReadDir(filepath.Join(base, "upper"))
	must(t, err)
	if len(items) > 0 {
		t.Errorf("the upper layer has %v", items)
	}
}
