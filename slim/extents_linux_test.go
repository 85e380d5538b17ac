package slim_test

import (
	"testing"

	"gclean/internal/fixture"
	"gclean/slim"
)

// TestReflinkedFilesFreeNothing: what the package cache has too stays on disk.
func TestReflinkedFilesFreeNothing(t *testing.T) {
	t.Parallel()
	for name, mkfs := range map[string][]string{"btrfs": {"mkfs.btrfs", "-q"}, "xfs": {"mkfs.xfs", "-q"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			library := func(name string) fixture.Package {
				return fixture.Package{Name: name, Version: "1.0", Build: "0", Files: []fixture.File{{Path: "lib/" + name + ".a", Size: 1 << 20}}}
			}
			env := install(t, fixture.Disk(t, "300M", mkfs...), fixture.Reflink, library("cloned"))
			own := library("own")
			must(t, env.cache.AddExtracted(own), env.Link(env.cache, own, fixture.Link{Kind: fixture.Copy}))
			items := prepare(t, env.Prefix, slim.StaticLibs).Items
			check(t, "goes", names(items), "lib/cloned.a lib/own.a")
			for _, it := range items {
				want := slim.Item{Freed: 0, Shared: 1 << 20}
				if it.Path == "lib/own.a" {
					want = slim.Item{Freed: 1 << 20}
				}
				if it.Freed != want.Freed || it.Shared != want.Shared {
					t.Errorf("%s frees %d and shares %d, want %d and %d", it.Path, it.Freed, it.Shared, want.Freed, want.Shared)
				}
			}
			if p := prepare(t, env.Prefix); p.ByKind[slim.StaticLibs].Shared != 1<<20 {
				t.Errorf("%+v", p.ByKind)
			}
		})
	}
}
