package cache_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
	"gclean/meta"
	"gclean/walk"
)

// TestReportIsThePlan compares reports of random trees with the plan of --all, and with the
// disk.
func TestReportIsThePlan(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	free, held := 0, 0
	for round := range 8 {
		if testing.Short() && round >= 2 && free > 0 && held > 0 {
			break
		}
		o, _ := randomTree(t, rand.New(rand.NewPCG(seed, uint64(round))), t.TempDir())
		r, err := cache.NewReport(context.Background(), cache.ReportOptions{Look: o.Look})
		must(t, err)
		o.Targets = cache.All()
		p := prepare(t, o)
		if want := cache.SizesOf(p.Remove); r.Free != want {
			t.Fatalf("round %d: free %+v, the plan of --all says %+v", round, r.Free, want)
		}
		goes := map[string]int64{}
		for _, e := range p.Remove {
			goes[e.Path()] = e.Usage.Disk
		}
		var freed, disk, inodes, freedInodes int64
		for _, it := range r.Items {
			want, ok := goes[it.Entry.Path()]
			if ok != (it.State == cache.StateFree) || it.Freed != want {
				t.Fatalf("round %d: %s is %v and frees %d; the plan: %v, %d", round, it.Entry.Path(), it.State, it.Freed, ok, want)
			}
			if it.State == cache.StateFree {
				free++
			} else {
				held++
				if len(it.Holds) == 0 {
					t.Errorf("%s stays without a reason", it.Entry.Path())
				}
			}
			delete(goes, it.Entry.Path())
			freed, disk = freed+it.Freed, disk+it.Disk
			freedInodes, inodes = freedInodes+it.FreedInodes, inodes+it.Inodes
		}
		if len(goes) > 0 {
			t.Fatalf("round %d: not among the items: %v", round, goes)
		}
		if freed != r.Free.Freed || freed != r.Total.Freed {
			t.Errorf("round %d: items free %d, the report %d, its total %d", round, freed, r.Free.Freed, r.Total.Freed)
		}
		if freedInodes != r.Free.Inodes || freedInodes != r.Total.FreedInodes {
			t.Errorf("round %d: items free %d inodes, the report %d, its total %d", round, freedInodes, r.Free.Inodes, r.Total.FreedInodes)
		}
		want, wantInodes := blocksOf(t, r.Items)
		if inodes != wantInodes || r.Total.Inodes != wantInodes {
			t.Errorf("round %d: items have %d inodes, the total is %d, on the disk are %d", round, inodes, r.Total.Inodes, wantInodes)
		}
		if disk != want || r.Total.Disk != want {
			t.Errorf("round %d: items take up %d, the total is %d, on the disk are %d", round, disk, r.Total.Disk, want)
		}
	}
	if free == 0 || held == 0 {
		t.Errorf("%d free, %d held: the trees try nothing", free, held)
	}
}

// blocksOf returns the bytes of all blocks of the items, counting an inode once, and the
// number of inodes.
func blocksOf(t testing.TB, items []*cache.Item) (sum, inodes int64) {
	t.Helper()
	seen := map[walk.ID]bool{}
	add := func(dir *walk.Dir, name string) {
		st, err := dir.Lstat(name)
		must(t, err)
		if !seen[st.ID] {
			seen[st.ID] = true
			sum += st.Disk
		}
	}
	for _, it := range items {
		for _, name := range append([]string{it.Entry.Name}, it.Entry.Also...) {
			if name == meta.URLsTxt {
				continue // removed with the last entry of its folder, and not counted
			}
			top := filepath.Join(it.Entry.Dir, name)
			must(t, filepath.WalkDir(top, func(path string, _ os.DirEntry, err error) error {
				if err != nil {
					return err
				}
				dir, err := walk.Open(filepath.Dir(path))
				if err != nil {
					return err
				}
				defer dir.Close()
				add(dir, filepath.Base(path))
				return nil
			}))
		}
	}
	return sum, int64(len(seen))
}

// TestReportEnvironments checks what environments use alone and share, and what two caches
// both have.
func TestReportEnvironments(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	one, two := newCache(t, filepath.Join(top, "one")), newCache(t, filepath.Join(top, "two"))
	alone, shared, unused := pkg("alone"), pkg("shared"), pkg("unused")
	must(t, one.Add(alone), one.Add(shared), one.Add(unused), two.Add(unused))
	a, b := newEnv(t, filepath.Join(top, "envs", "a")), newEnv(t, filepath.Join(top, "envs", "b"))
	must(t,
		a.Link(one, alone, fixture.Link{Kind: fixture.Hard}),
		a.Link(one, shared, fixture.Link{Kind: fixture.Soft}),
		b.Link(one, shared, fixture.Link{Kind: fixture.Hard}))
	d := cachetest.Found(one.Dir, two.Dir)
	d.Environments = []meta.Environment{environment(t, a), environment(t, b), {Prefix: filepath.Join(top, "no"), Err: errors.New("unreadable")}}
	d.Host.Passwd = filepath.Join(top, "passwd")
	must(t, os.WriteFile(d.Host.Passwd, []byte(fmt.Sprintf("ann:x:%d:0::/home/ann:/bin/sh\n", os.Geteuid())), 0o644))
	r, err := cache.NewReport(context.Background(), cache.ReportOptions{Look: cache.Look{Discovery: d, NothingRuns: true}})
	must(t, err)
	uses := map[string]cache.EnvironmentUse{}
	for _, u := range r.Environments {
		uses[filepath.Base(u.Prefix)] = u
	}
	sizes := map[string]cache.Sizes{}
	for _, it := range r.Items {
		if it.Entry.Category == cache.Packages {
			sizes[it.Name] = cache.Sizes{Apparent: it.Entry.Usage.Apparent, Freed: it.Disk, Inodes: it.Inodes}
		}
	}
	if u := uses["a"]; u.Packages != 2 || u.Alone != sizes["alone"] || u.Shared != sizes["shared"] {
		t.Errorf("a: %+v, want %+v", u, sizes)
	}
	if u := uses["b"]; u.Packages != 1 || u.Alone != (cache.Sizes{}) || u.Shared != sizes["shared"] {
		t.Errorf("b: %+v, want %+v", u, sizes)
	}
	if u := uses["no"]; u.Err == nil || u.Packages != 0 {
		t.Errorf("an environment that cannot be read: %+v", u)
	}
	if !r.Doubt {
		t.Error("an environment that cannot be read is no doubt")
	}
	if r.Environments[0].Prefix != a.Prefix {
		t.Errorf("%s is first", r.Environments[0].Prefix)
	}
	if len(r.Duplicates) != 1 || r.Duplicates[0].Dist != unused.Dist() || !slices.Equal(r.Duplicates[0].Caches, []int{0, 1}) || r.Duplicates[0].Extra <= 0 {
		t.Errorf("duplicates: %+v", r.Duplicates)
	}
	if len(r.Owners) != 1 || r.Owners[0].User != "ann" || r.Owners[0].Disk != r.Total.Disk {
		t.Errorf("owners: %+v", r.Owners)
	}
	if len(r.ByCache) != 2 || r.ByCache[0].Disk+r.ByCache[1].Disk != r.Total.Disk || r.ByCache[0].FSSize <= 0 {
		t.Errorf("by cache: %+v of %+v", r.ByCache, r.Total)
	}
	names := map[string]cache.NameUse{}
	for _, n := range r.Names {
		names[n.Name] = n
	}
	if n := names["unused"]; n.Versions != 1 || n.Builds != 1 || n.Items != 4 || n.Oldest.After(n.Newest) {
		t.Errorf("unused: %+v", n)
	}
}

// TestReportLocks checks the reasons of entries that --all does not ask for.
func TestReportLocks(t *testing.T) {
	t.Parallel()
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.Add(pkg("free")))
	must(t, os.WriteFile(c.Path("pkgs.lock"), nil, 0o644))
	must(t, os.MkdirAll(c.Path("cache"), 0o755))
	must(t, os.WriteFile(c.Path("cache/x.lock"), []byte("1"), 0o644))
	r, err := cache.NewReport(context.Background(), cache.ReportOptions{Look: at(c.Dir).Look})
	must(t, err)
	found := map[string]cache.State{}
	for _, it := range r.Items {
		found[it.Entry.Name] = it.State
		if it.Entry.Name == "pkgs.lock" && it.Holds[0].Reason != cache.NotInAll {
			t.Errorf("pkgs.lock: %+v", it.Holds)
		}
	}
	want := map[string]cache.State{"pkgs.lock": cache.StateKept, "cache": cache.StateFree, "free-1.0-0": cache.StateFree}
	for name, state := range want {
		if got, ok := found[name]; !ok || got != state {
			t.Errorf("%s: %v (%v), want %v", name, got, ok, state)
		}
	}
	if _, ok := found["cache/x.lock"]; ok {
		t.Error("a lock in the index cache counts twice")
	}
}

// What uses an entry takes precedence over what only keeps it. The state is doubt only if
// nothing but doubts hold it.
func TestStateOfHolds(t *testing.T) {
	for _, tt := range []struct {
		reasons []hold.Reason
		want    string
	}{
		{nil, "free"},
		{[]hold.Reason{hold.UnreadableEnv}, "doubt"},
		{[]hold.Reason{hold.UnreadableEnv, hold.Fresh}, "kept"},
		{[]hold.Reason{cache.UsedLately, hold.UnseenUsers}, "kept"},
		{[]hold.Reason{hold.UnreadableEnv, hold.HardLinked, hold.Fresh}, "held"},
		{[]hold.Reason{cache.LockHeld}, "held"},
		{[]hold.Reason{cache.NotInAll}, "kept"},
	} {
		var holds []hold.Hold
		for _, r := range tt.reasons {
			holds = append(holds, hold.Hold{Reason: r})
		}
		if got := cache.StateOf(holds).String(); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.reasons, got, tt.want)
		}
	}
}
