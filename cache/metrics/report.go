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

// MaxPairs is how many pairs of cache and owner have a name each. What others have is
// added up for each of at most MaxPairs caches, and once for all others. So a metric has
// at most 1005 samples: 201 pairs in five states.
const MaxPairs = 100

// Rest is the label of what is added up: no login name and no absolute path is like it.
const Rest = "(rest)"

// none is the label of what is in no cache: temp files.
const none = "(none)"

// Report is what the caches have.
type Report struct {
	*cache.Report
	Success bool // every cache that was named could be read
}

// Write writes the text exposition format of Prometheus. No metric is one of Run: the
// node exporter reads both files, and refuses what comes twice.
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

// sizes are what entries in one state take up.
type sizes struct{ disk, inodes int64 }

// share is what an owner has in a cache.
type share struct {
	cache, owner string
	states       [cache.StateAside + 1]sizes
	disk         int64
}

// shares are what owners have in caches, by cache and owner. The largest
// owners have names, each with all shares or with none, as long as there are most. Of owners who do not fit,
// the shares in a cache are one, and those in caches that have no name here are one. So
// the sum of a cache or an owner that has a name here is right.
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

// sums are what each owner has in each cache.
func (r *Report) sums() []*share {
	type account struct {
		uid  int
		host string
	}
	names := map[account]string{}
	for _, o := range r.Owners {
		names[account{o.UID, o.Host}] = visible.String(o.User)
		if o.UID < 0 { // Windows
			names[account{o.UID, o.Host}] = none
		}
	}
	paths := map[int]string{-1: none}
	for i, c := range r.Caches {
		paths[i] = visible.String(c.Path)
	}
	all := shareMap{}
	for _, it := range r.Items {
		all.add(paths[it.Cache], names[account{it.UID, it.Host}], it.State, sizes{it.Disk, it.Inodes})
	}
	return all.sorted()
}

// largest are the keys, the one with the largest value first.
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

// add adds what is in a state to the share of an owner in a cache.
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
