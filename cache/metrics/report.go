package metrics

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/internal/visible"
)

// MaxPairs is how many pairs of cache and owner have names of their own. All other owners
// are added up for each of at most MaxPairs caches, and once for the remaining caches. So a
// metric has at most 1005 samples: 201 pairs in five states.
const MaxPairs = 100

// Rest is the label for everything that is added up. It differs from all login names and
// absolute paths.
const Rest = "(rest)"

// none is the label for entries that are in no cache, which are temp files.
const none = "(none)"

// Report is a report to write as metrics.
type Report struct {
	*cache.Report
	Success bool // every named cache could be read
}

// Write writes the text exposition format of Prometheus. It shares no metric with Run,
// because the node exporter reads both files and refuses duplicates.
func (r *Report) Write(w io.Writer) error {
	var p page
	list := r.shares(MaxPairs)
	samples := func(of func(*sizes) int64) []string {
		var lines []string
		for _, share := range list {
			for s := cache.StateFree; s <= cache.StateAside; s++ {
				lines = append(lines, fmt.Sprintf("{cache=\"%s\",owner=\"%s\",state=\"%s\"} %d",
					label(share.cache), label(share.owner), s, of(&share.states[s])))
			}
		}
		return lines
	}
	p.gauge("gclean_cache_bytes", "Disk space that entries of a cache take up.", samples(func(s *sizes) int64 { return s.disk })...)
	p.gauge("gclean_cache_inodes", "Inodes (files and folders) of entries of a cache.", samples(func(s *sizes) int64 { return s.inodes })...)
	p.gauge("gclean_reclaimable_bytes", "Disk space that cleaning would free now.", value(float64(r.Free.Freed)))
	p.gauge("gclean_reclaimable_inodes", "Inodes (files and folders) that cleaning would free now.", value(float64(r.Free.Inodes)))
	p.gauge("gclean_report_success", "Whether all caches could be looked at.", truth(r.Success))
	p.gauge("gclean_report_timestamp_seconds", "When the look at the caches began.", value(seconds(r.Made)))
	return p.writeTo(w)
}

// sizes is what entries in one state take up.
type sizes struct{ disk, inodes int64 }

// share is what an owner has in a cache.
type share struct {
	cache, owner string
	states       [cache.StateAside + 1]sizes
	disk         int64
}

// shares returns what owners have in caches, sorted by cache and owner. The owners with the
// most data keep their names, for all their shares or for none, up to most names. The
// shares of other owners in a cache are combined into one, and so are their shares in
// caches without a name here. So the sum of each named cache or owner is right.
func (r *Report) shares(most int) []*share {
	all := r.sums()
	owners, counts, caches := map[string]int64{}, map[string]int{}, map[string]int64{}
	for _, s := range all {
		owners[s.owner] += s.disk
		counts[s.owner]++
		caches[s.cache] += s.disk
	}
	ownerNamed, cacheNamed, left := map[string]bool{}, map[string]bool{}, most
	for _, owner := range largest(owners) {
		if counts[owner] <= left {
			ownerNamed[owner] = true
			left -= counts[owner]
		}
	}
	for _, s := range all {
		if ownerNamed[s.owner] {
			cacheNamed[s.cache] = true
		}
	}
	for _, path := range largest(caches) {
		if len(cacheNamed) < most {
			cacheNamed[path] = true
		}
	}
	kept := shareMap{}
	for _, s := range all {
		path, owner := s.cache, s.owner
		if !ownerNamed[owner] {
			owner = Rest
			if !cacheNamed[path] {
				path = Rest
			}
		}
		for state, n := range s.states {
			kept.add(path, owner, cache.State(state), n)
		}
	}
	return kept.sorted()
}

// sums returns what each owner has in each cache.
func (r *Report) sums() []*share {
	paths := map[int]string{-1: none}
	for i, c := range r.Caches {
		paths[i] = visible.String(c.Path)
	}
	all := shareMap{}
	for _, it := range r.Items {
		owner := none // Windows has no owners
		if it.UID >= 0 {
			owner = visible.String(r.OwnerOf(it))
		}
		all.add(paths[it.Cache], owner, it.State, sizes{it.Disk, it.Inodes})
	}
	return all.sorted()
}

// largest returns the keys, sorted by value, the largest first.
func largest(values map[string]int64) []string {
	var keys []string
	for key := range values {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(values[b], values[a]), strings.Compare(a, b))
	})
	return keys
}

// shareMap has shares by cache and owner.
type shareMap map[[2]string]*share

// add adds n to what an owner has in a cache in one state.
func (m shareMap) add(path, owner string, state cache.State, n sizes) {
	s := m[[2]string{path, owner}]
	if s == nil {
		s = &share{cache: path, owner: owner}
		m[[2]string{path, owner}] = s
	}
	s.states[state].disk += n.disk
	s.states[state].inodes += n.inodes
	s.disk += n.disk
}

func (m shareMap) sorted() []*share {
	var list []*share
	for _, s := range m {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *share) int {
		return cmp.Or(strings.Compare(a.cache, b.cache), strings.Compare(a.owner, b.owner))
	})
	return list
}
