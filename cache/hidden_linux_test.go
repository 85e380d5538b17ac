package cache_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/meta"
)

// layers mounts an overlay of a lower and an upper layer, after lower has filled the lower
// one. With apart, each layer is on a file system of its own, which is usual; otherwise
// both are on one.
func layers(t *testing.T, apart bool, lower func(dir string)) (merged, upper string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	base := t.TempDir()
	mount := func(source, dir, kind, data string) {
		t.Helper()
		must(t, os.MkdirAll(dir, 0o755))
		if err := unix.Mount(source, dir, kind, 0, data); err != nil {
			t.Skipf("cannot mount: %v", err)
		}
		t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	}
	mount("none", base, "tmpfs", "")
	if apart {
		mount("none", filepath.Join(base, "top"), "tmpfs", "")
	}
	below, upper := filepath.Join(base, "lower"), filepath.Join(base, "top", "upper")
	for _, dir := range []string{below, upper, filepath.Join(base, "top", "work")} {
		must(t, os.MkdirAll(dir, 0o755))
	}
	lower(below)
	merged = filepath.Join(base, "merged")
	mount("overlay", merged, "overlay", fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s/top/work", below, upper, base))
	return merged, upper
}

// TestHiddenInALowerLayer checks what removal frees of packages installed in an earlier
// layer and in this one.
func TestHiddenInALowerLayer(t *testing.T) {
	for _, apart := range []bool{false, true} {
		t.Run(fmt.Sprintf("apart %v", apart), func(t *testing.T) {
			grace := time.Duration(0)
			big := func(name string) fixture.Package {
				return fixture.Package{Name: name, Version: "1.0", Build: "0", Files: []fixture.File{{Path: "lib/" + name, Size: 1 << 20}}}
			}
			merged, upper := layers(t, apart, func(dir string) {
				c := newCache(t, filepath.Join(dir, "pkgs"))
				must(t, c.Add(big("early")), c.Add(big("linked")), c.Add(big("copied")))
				env := newEnv(t, filepath.Join(dir, "env"))
				must(t, env.Link(c, big("linked"), fixture.Link{Kind: fixture.Hard}))
				must(t, env.Link(c, big("copied"), fixture.Link{Kind: fixture.Copy}))
			})
			c := &fixture.Cache{Dir: filepath.Join(merged, "pkgs")}
			must(t, c.Add(big("late")))
			env := &fixture.Environment{Prefix: filepath.Join(merged, "env")}
			o := options(c, cache.All()...)
			o.Discovery.Environments = []meta.Environment{environment(t, env)}
			o.Grace = &grace
			p := prepare(t, o)
			known := false
			for _, e := range p.Remove {
				late := strings.HasPrefix(e.Name, "late")
				if e.Hidden > 0 {
					known = true
				}
				if late && (e.Hidden > 0 || e.Usage.Disk == 0) {
					t.Errorf("%s is in this layer: hidden %d, freed %d", e.Name, e.Hidden, e.Usage.Disk)
				}
				if !late && known && (e.Hidden == 0 || e.Usage.Disk > 0) {
					t.Errorf("%s is in an earlier layer: hidden %d, freed %d", e.Name, e.Hidden, e.Usage.Disk)
				}
			}
			if !known {
				t.Skip("this kernel does not tell the layers of overlayfs (it takes Linux 6.6)")
			}
			if got := names(p.Remove); strings.Contains(got, "linked-1.0-0 ") || !strings.Contains(got, "copied-1.0-0") {
				t.Errorf("goes: %s", got)
			}
			promised := cache.SizesOf(p.Remove)
			before := available(t, upper).Free
			res := removal.Execute(context.Background(), p, removal.Options{})
			if res.Err != nil || len(res.Failures) > 0 {
				t.Fatalf("%v %+v", res.Err, res.Failures)
			}
			// A whiteout is an inode without blocks here.
			if got := available(t, upper).Free - before; got != promised.Freed {
				t.Errorf("df shows %d more, %d were promised and %d hidden", got, promised.Freed, promised.Hidden)
			}
			for _, name := range []string{"early-1.0-0", "copied-1.0-0", "late-1.0-0"} {
				if _, err := os.Stat(filepath.Join(c.Dir, name)); err == nil {
					t.Errorf("%s is there yet", name)
				}
			}
			if _, err := os.Stat(filepath.Join(c.Dir, "linked-1.0-0", "lib", "linked")); err != nil {
				t.Error(err)
			}
			// A policy about room removes nothing that would free no space.
			must(t, c.Add(big("later")))
			o.Policy = cache.Policy{MinFree: &cache.Amount{Bytes: available(t, merged).Available + 1}}
			if got := names(prepare(t, o).Remove); !strings.Contains(got, "later") {
				t.Errorf("for room goes: %s", got)
			}
		})
	}
}
