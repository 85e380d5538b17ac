package cache_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
	"gclean/meta"
)

// TestRoomForFiles: removal frees the promised inodes, as df -i counts them, and no more
// than it must.
func TestRoomForFiles(t *testing.T) {
	t.Parallel()
	for name, mkfs := range map[string][]string{"ext4": {"mkfs.ext4", "-q"}, "xfs": {"mkfs.xfs", "-q"}, "btrfs": {"mkfs.btrfs", "-q"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			roomForFiles(t, fixture.Disk(t, "300M", mkfs...))
		})
	}
}

// packagesOfFiles makes a cache with 8 packages, each of 20 files in addition to info/; an
// environment links one of them.
func packagesOfFiles(t *testing.T, top string) cache.Options {
	t.Helper()
	c, env := newCache(t, filepath.Join(top, "pkgs")), newEnv(t, filepath.Join(top, "env"))
	for i := range 8 {
		p := fixture.Package{Name: fmt.Sprint("p", i), Version: "1.0", Build: "0"}
		for k := range 20 {
			p.Files = append(p.Files, fixture.File{Path: fmt.Sprint("lib/", i, "-", k), Size: 10})
		}
		must(t, c.Add(p))
		if i == 3 {
			must(t, env.Link(c, p, fixture.Link{Kind: fixture.Hard}))
		}
	}
	grace := time.Duration(0)
	o := options(c, cache.Packages)
	o.Discovery.Environments = []meta.Environment{environment(t, env)}
	o.Grace = &grace
	return o
}

func roomForFiles(t *testing.T, top string) {
	o := packagesOfFiles(t, top)
	in := func() cache.Tally {
		r, err := cache.NewReport(context.Background(), cache.ReportOptions{Look: o.Look})
		must(t, err)
		return r.Total
	}
	removes := func(p cache.Policy) (*cache.Plan, int64) {
		t.Helper()
		o.Policy = p
		plan, before := prepare(t, o), available(t, top)
		cachetest.Execute(t, plan)
		promised, freed := cache.SizesOf(plan.Remove).Inodes, int64(0)
		// XFS frees inodes in the background.
		for deadline := time.Now().Add(5 * time.Second); before.Inodes > 0 && time.Now().Before(deadline); {
			if freed = available(t, top).FreeInodes - before.FreeInodes; freed >= promised {
				break
			}
		}
		return plan, freed
	}
	counts := available(t, top).Inodes > 0

	was := in()
	most := was.Inodes - 30
	plan, freed := removes(cache.Policy{MaxFiles: &most})
	promised := cache.SizesOf(plan.Remove).Inodes
	if len(plan.Remove) != 1 || promised < 30 || counts && freed < promised {
		t.Errorf("%d entries of %d inodes go for 30; df -i shows %d more", len(plan.Remove), promised, freed)
	}
	if got := in().Inodes; got != was.Inodes-promised {
		t.Errorf("%d inodes are left of %d, %d were to go", got, was.Inodes, promised)
	}
	if plan, _ := removes(cache.Policy{MaxFiles: &most}); len(plan.Remove) > 0 {
		t.Errorf("the cache is small enough, and %s goes", names(plan.Remove))
	}

	space := available(t, top)
	if !counts {
		o.Policy = cache.Policy{MinFreeFiles: &cache.Files{Number: 1}}
		plan := prepare(t, o)
		if len(plan.Remove) > 0 || !plan.Failed() || codes(plan) != cache.CodeInodesUnknown {
			t.Errorf("%s goes, failed %v, %s", names(plan.Remove), plan.Failed(), codes(plan))
		}
		return
	}
	if plan, _ := removes(cache.Policy{MinFreeFiles: &cache.Files{Number: space.FreeInodes}}); len(plan.Remove) > 0 {
		t.Errorf("enough inodes are free, and %s goes", names(plan.Remove))
	}
	plan, _ = removes(cache.Policy{MinFreeFiles: &cache.Files{Number: space.FreeInodes + 30}})
	if got := available(t, top).FreeInodes; len(plan.Remove) != 1 || got < space.FreeInodes+30 {
		t.Errorf("%d entries go; %d inodes are free, %d asked for", len(plan.Remove), got, space.FreeInodes+30)
	}
	plan, _ = removes(cache.Policy{MinFreeFiles: &cache.Files{Percent: 100}})
	if got := codes(plan); !strings.Contains(got, cache.CodeMinFreeFilesMissed) {
		t.Errorf("nothing says that there are no more inodes: %q", got)
	}
	none := int64(0)
	plan, _ = removes(cache.Policy{MaxFiles: &none})
	if got := codes(plan); !strings.Contains(got, cache.CodeMaxFilesMissed) || !strings.Contains(cachetest.KeptNames(plan), "p3-1.0-0") {
		t.Errorf("%q; kept %s", got, cachetest.KeptNames(plan))
	}
}
