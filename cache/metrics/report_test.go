package metrics

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"gclean/cache"
)

// reportOf returns a report with an entry for each line: the cache, the owner's UID, the
// state and the bytes on disk.
func reportOf(t *testing.T, lines ...string) *Report {
	t.Helper()
	r := &cache.Report{Made: time.Unix(1234, 5e8)}
	for _, line := range lines {
		it := &cache.Item{Entry: &cache.Entry{Category: cache.Packages}, Cache: -1, Inodes: 2}
		path, figures, _ := strings.Cut(line, " ")
		if _, err := fmt.Sscan(figures, &it.UID, (*int)(&it.State), &it.Disk); err != nil {
			t.Fatal(err)
		}
		if path != none {
			it.Cache = slices.IndexFunc(r.Caches, func(l cache.Location) bool { return l.Path == path })
			if it.Cache < 0 {
				it.Cache = len(r.Caches)
				r.Caches = append(r.Caches, cache.Location{Path: path})
				r.ByCache = append(r.ByCache, cache.CacheUse{Cache: it.Cache})
			}
		}
		if it.State == cache.StateFree {
			it.Freed = it.Disk
			r.Free.Freed += it.Disk
			r.Free.Inodes += it.Inodes
		}
		r.Items = append(r.Items, it)
	}
	r.AddUp(nil, func(it *cache.Item) string { return fmt.Sprintf("user%d", it.UID) })
	return &Report{Report: r, Success: true}
}

// named returns the pairs that have names of their own, with their bytes in all states.
func named(list []*share) string {
	var words []string
	for _, s := range list {
		words = append(words, fmt.Sprintf("%s %s %d", s.cache, s.owner, s.disk))
	}
	return strings.Join(words, "; ")
}

func TestSmallOwnersAreAddedUp(t *testing.T) {
	lines := []string{
		"/srv 1 0 100", "/srv 1 1 10", "/srv 2 1 50", "/srv 3 1 5",
		"/home/1 1 0 7", "/home/2 2 0 60", "/home/3 3 0 3", "(none) 3 0 1",
	}
	for _, c := range []struct {
		most int
		want string
	}{
		{100, "(none) user3 1; /home/1 user1 7; /home/2 user2 60; /home/3 user3 3; /srv user1 110; /srv user2 50; /srv user3 5"},
		{4, "(rest) (rest) 1; /home/1 user1 7; /home/2 user2 60; /home/3 (rest) 3; /srv (rest) 5; /srv user1 110; /srv user2 50"},
		// Two names are too few for two owners' shares, and no owner is split.
		{3, "(rest) (rest) 4; /home/1 user1 7; /home/2 (rest) 60; /srv (rest) 55; /srv user1 110"},
		{1, "(rest) (rest) 71; /srv (rest) 165"},
		{0, "(rest) (rest) 236"},
	} {
		if got := named(reportOf(t, lines...).shares(c.most)); got != c.want {
			t.Errorf("%d:\n%s, want\n%s", c.most, got, c.want)
		}
	}
}

// TestSamplesAreBounded: with any number of users and caches, every byte is counted once,
// and the sum of each named cache and owner is right.
func TestSamplesAreBounded(t *testing.T) {
	var lines []string
	for uid := range 400 {
		lines = append(lines, fmt.Sprintf("/home/%d %d %d %d", uid, uid, uid%5, 1000+uid), fmt.Sprintf("/srv/%d %d 1 10", uid%150, uid))
	}
	r := reportOf(t, lines...)
	list := r.shares(MaxPairs)
	if len(list) > 2*MaxPairs+1 || len(list) < MaxPairs {
		t.Errorf("%d shares", len(list))
	}
	owners, caches, total := map[string]int64{}, map[string]int64{}, int64(0)
	for _, s := range list {
		owners[s.owner] += s.disk
		caches[s.cache] += s.disk
		total += s.disk
	}
	if total != r.Total.Disk {
		t.Errorf("%d bytes, want %d", total, r.Total.Disk)
	}
	for _, o := range r.Owners {
		if got, ok := owners[o.User]; ok && got != o.Disk {
			t.Errorf("%s has %d bytes, want %d", o.User, got, o.Disk)
		}
	}
	for i, c := range r.ByCache {
		if got, ok := caches[r.Caches[i].Path]; ok && got != c.Disk {
			t.Errorf("%s has %d bytes, want %d", r.Caches[i].Path, got, c.Disk)
		}
	}
	if owners[Rest] == 0 || len(owners) != 51 || len(caches) != MaxPairs+1 {
		t.Errorf("%d owners and %d caches have names: %v", len(owners), len(caches), slices.Sorted(maps.Keys(owners)))
	}
}

func TestReportAsMetrics(t *testing.T) {
	r := reportOf(t, "/srv 1 0 100", "/srv 1 1 10", "/home/\"\\\x1b\xff 2 4 50")
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`gclean_cache_bytes{cache="/srv",owner="user1",state="free"} 100`,
		`gclean_cache_bytes{cache="/srv",owner="user1",state="held"} 10`,
		`gclean_cache_bytes{cache="/srv",owner="user1",state="doubt"} 0`,
		`gclean_cache_bytes{cache="/home/\"\\\\x1b\\xff",owner="user2",state="quarantined"} 50`,
		`gclean_cache_inodes{cache="/srv",owner="user1",state="free"} 2`,
		"gclean_reclaimable_bytes 100",
		"gclean_reclaimable_inodes 2",
		"gclean_report_success 1",
		"gclean_report_timestamp_seconds 1234.5",
	} {
		if !strings.Contains(b.String(), "\n"+want+"\n") {
			t.Errorf("no line is %s in\n%s", want, b.String())
		}
	}
	// The node exporter refuses a metric that two files have.
	var run strings.Builder
	if err := new(Run).Write(&run); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(run.String()) {
		if strings.HasPrefix(line, "# TYPE ") && strings.Contains(b.String(), line) {
			t.Errorf("a run has it too: %s", line)
		}
	}
}
