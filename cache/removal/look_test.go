package removal_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/walk"
	"gclean/walk/mounts"
)

// onNetwork returns options for a plan of a cache on a network file system, made an hour
// from now.
func onNetwork(c *fixture.Cache, targets ...cache.Category) cache.Options {
	later := time.Now().Add(time.Hour)
	o := options(c, targets...)
	o.NothingRuns = false
	o.System = func() hold.System { return hold.System{} }
	o.FSKind = func(*walk.Dir) (mounts.Kind, error) { return mounts.Network, nil }
	o.Now = func() time.Time { return later }
	return o
}

// TestLinkMadeAfterThePlan: on a network file system, a package that another host has
// linked since is spared, although the plan is fresh.
func TestLinkMadeAfterThePlan(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	must(t, c.AddExtracted(pkg("a")), c.AddExtracted(pkg("b")), c.Add(pkg("c")))
	p := prepare(t, onNetwork(c, cache.Packages, cache.Tarballs))
	linked := filepath.Join(c.Extracted(pkg("a")), "lib", "a.so")
	must(t, os.Link(linked, filepath.Join(top, "a.so")), os.Link(c.Path(pkg("c").Dist()+".conda"), filepath.Join(top, "c.conda")))
	r := removal.Execute(context.Background(), p, removal.Options{})
	slices.SortFunc(r.Removed, func(a, b *cache.Entry) int { return strings.Compare(a.Name, b.Name) })
	if got := names(r.Removed); got != "b-1.0-0 c-1.0-0" || names(r.Spared) != "c-1.0-0.conda a-1.0-0" || len(r.Failures) > 0 {
		t.Errorf("removed %s, spared %s, %+v", got, names(r.Spared), r.Failures)
	}
	if _, err := os.Lstat(linked); err != nil {
		t.Error(err)
	}
}

// TestSlowPlanOnNetwork: a plan that took 5 s is still carried out after 20 s, because
// measuring the cache again would take as long. After 60 s it is made again, as after 3 s
// elsewhere.
func TestSlowPlanOnNetwork(t *testing.T) {
	for _, tt := range []struct {
		network bool
		after   time.Duration
		again   bool
	}{{true, 20 * time.Second, false}, {true, time.Minute, true}, {false, 20 * time.Second, true}} {
		c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
		must(t, c.AddExtracted(pkg("a")))
		o := onNetwork(c, cache.Packages)
		if !tt.network {
			o.FSKind = func(*walk.Dir) (mounts.Kind, error) { return mounts.Local, nil }
		}
		p := prepare(t, o)
		p.Took = 5 * time.Second
		again := false
		r := removal.Execute(context.Background(), p, removal.Options{
			Now: func() time.Time { return p.Made.Add(tt.after) },
			Again: func(ctx context.Context, own map[walk.ID]bool) (*cache.Plan, error) {
				again = true
				return o.Again(ctx, own)
			},
			Changed: func(context.Context, *cache.Plan) (bool, error) { return false, nil },
		})
		if again != tt.again || len(r.Removed) != 1 {
			t.Errorf("%+v: made anew %v, removed %s", tt, again, names(r.Removed))
		}
	}
}
