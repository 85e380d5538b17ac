package removal_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/meta"
)

// TestRandomTrees cleans random trees: random caches, environments that use them in every
// way, and obstacles to seeing them. What an environment can reach must not change, nothing
// outside the caches may change, and unused entries must be removed.
//
// GCLEAN_SEED repeats a run, GCLEAN_TREES sets the number of trees, and GCLEAN_TREE makes
// only the tree with that number.
func TestRandomTrees(t *testing.T) {
	t.Parallel()
	seed := number(t, "GCLEAN_SEED", uint64(time.Now().UnixNano()))
	trees := number(t, "GCLEAN_TREES", 60)
	if testing.Short() {
		trees = min(trees, 20)
	}
	t.Logf("GCLEAN_SEED=%d GCLEAN_TREES=%d", seed, trees)
	var sum tally
	top := t.TempDir()
	must(t, os.Chmod(filepath.Dir(top), 0o755)) // other users must reach the trees
	only := number(t, "GCLEAN_TREE", trees)
	for n := range trees {
		if only < trees && n != only {
			continue
		}
		w := newWorld(t, dice{rand.New(rand.NewPCG(seed, n))}, filepath.Join(top, strconv.FormatUint(n, 10)))
		w.live(&sum)
		if t.Failed() {
			t.Fatalf("GCLEAN_SEED=%d, tree %d at %s", seed, n, w.top)
		}
		must(t, os.RemoveAll(w.top))
	}
	t.Logf("%+v", sum)
	if only == trees && (sum.Removed == 0 || sum.Kept == 0 || sum.Freed == 0 || sum.Away == 0 && runtime.GOOS != "windows") {
		t.Errorf("the trees try nothing: %+v", sum)
	}
}

// number returns a number from the environment variable name.
func number(t testing.TB, name string, usual uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.ParseUint(text, 10, 64)
	must(t, err)
	return n
}

// tally counts what the trees have tried.
type tally struct {
	Runs, Removed, Kept int
	Away                int // runs while something was out of reach
	Remembered          int // packages that only memory kept
	Freed               int // unused packages that had to be removed
}

// live is the life of one tree: it is made, cleaned once or twice while things are out of
// reach, and checked when they are back.
func (w *world) live(sum *tally) {
	w.t.Helper()
	w.populate()
	before := w.look()
	if w.percent(50) {
		w.lose()
	}
	w.clean(sum)
	if w.percent(60) {
		w.lose()
		w.clean(sum)
	}
	w.restore()
	w.compare(before, w.look())
}

// clean is one run of gclean.
func (w *world) clean(sum *tally) {
	w.t.Helper()
	ctx := context.Background()
	d, err := w.host.Discover(ctx, meta.Options{RootPrefix: meta.Value{Path: w.root}})
	must(w.t, err)
	o := w.options(d)
	plan, err := cache.Prepare(ctx, o)
	must(w.t, err)
	if len(w.undo) == 0 && !w.late && w.percent(10) {
		w.linkLate()
	}
	r := removal.Execute(ctx, plan, removal.Options{Again: o.Again, Changed: o.Changed})
	if r.Err != nil {
		w.t.Fatal(r.Err)
	}
	for _, f := range r.Failures {
		if !errors.Is(f.Err, os.ErrPermission) {
			w.t.Errorf("%v", f.Err)
		}
	}
	w.note("clean %v policy %+v installed %v: %s; kept %s; spared %s", o.Targets, o.Policy, o.KeepInstalled, names(r.Removed), keptNames(plan), names(r.Spared))
	for _, k := range plan.Kept {
		if k.Doubt() {
			w.note("  %s is in doubt: %s %s %v", k.Entry.Name, k.Holds[0].Prefix, k.Holds[0].File, k.Holds[0].Err)
		}
	}
	sum.Runs, sum.Removed, sum.Kept = sum.Runs+1, sum.Removed+len(r.Removed), sum.Kept+len(plan.Kept)
	if len(w.undo) > 0 {
		sum.Away++
	}
	for _, k := range plan.Kept {
		if k.Holds[0].Reason == hold.Remembered {
			sum.Remembered++
		}
	}
	packages := slices.Contains(o.Targets, cache.Packages) && !slices.Contains(o.Targets, cache.PkgsDirs)
	if packages && len(w.undo) == 0 && !w.late {
		w.remembered = true
	}
	if packages && len(w.undo) == 0 && !o.Policy.Active() && !w.late {
		sum.Freed += w.checkFreed(o.KeepInstalled)
	}
}

// options returns the options of a random run.
func (w *world) options(d *meta.Discovery) cache.Options {
	o := cache.Options{Look: cache.Look{Discovery: d, NothingRuns: true}, Targets: pick(w.dice, [][]cache.Category{
		cache.All(), {cache.Packages}, {cache.Packages}, {cache.Tarballs, cache.Packages}, {cache.Tarballs, cache.LogFiles}, {cache.PkgsDirs},
	})}
	if w.percent(50) {
		// The packages are now older than the look at the environments, so memory replaces
		// doubts.
		o.Now = func() time.Time { return time.Now().Add(time.Minute) }
	}
	o.KeepInstalled, o.KeepNeeded = w.percent(10), w.percent(10)
	if w.percent(15) {
		o.Policy = pick(w.dice, []cache.Policy{
			{KeepLast: 1}, {OlderThan: time.Nanosecond}, {OlderThan: time.Hour}, {MaxSize: &cache.Amount{Bytes: 4000}}, {Exclude: []string{"p1*"}},
		})
	}
	return o
}

// checkFreed checks that unused packages were removed, and returns how many.
func (w *world) checkFreed(keepInstalled bool) int {
	w.t.Helper()
	n := 0
	linked := map[int]bool{}
	for _, p := range w.parcels {
		linked[p.group] = linked[p.group] || p.linked
	}
	for _, p := range w.parcels {
		if linked[p.group] || p.named && (keepInstalled || len(p.files) == 0) {
			continue
		}
		if _, err := os.Lstat(p.path); err == nil {
			w.t.Errorf("nothing uses %s, and it is still there\n%s", p.path, w.story())
		}
		n++
	}
	return n
}

// linkLate makes an environment after the plan was made.
func (w *world) linkLate() {
	w.late = true
	e := w.newPrefix("late", filepath.Join(w.top, "work", "late"))
	list := filepath.Join(w.home, ".conda", "environments.txt")
	w.list(list, e.path)
	for _, p := range w.parcels {
		if _, err := os.Lstat(p.path); err == nil && fixture.CanSymlink() == nil {
			w.install(e, p)
		}
	}
	w.lateBefore = w.reachable(e.path)
	w.made = append(w.made, list)
}
