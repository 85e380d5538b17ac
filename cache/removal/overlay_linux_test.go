package removal_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKilledAnywhereOnOverlay does it all on overlayfs, the packages in a lower
// layer: folders cannot be renamed there.
func TestKilledAnywhereOnOverlay(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	base := t.TempDir()
	// overlayfs takes no overlayfs for an upper layer, as /tmp in a container.
	if err := unix.Mount("none", base, "tmpfs", 0, ""); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(base, unix.MNT_DETACH) })
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
		// The environment of the merged tree, whose soft links lead to the lower
		// one, is linked anew.
		must(t, os.RemoveAll(filepath.Join(merged, "env")))
		v.c.Dir = filepath.Join(merged, "pkgs")
		v.env = newEnv(t, filepath.Join(merged, "env"))
		must(t, v.env.Link(v.c, pkg("soft"), softLink()))
		return v
	})
}
