package textreport

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"gclean/cache"
)

// Owner is what a user has in the caches.
type Owner struct {
	cache.OwnerUse
	// Report is of the entries of the owner alone. It has the same Caches as the whole.
	Report *cache.Report
}

// Owners are the owners of all entries, in the order of r.Owners.
func Owners(r *cache.Report) []*Owner {
	var list []*Owner
	byName := map[string]*Owner{}
	key := func(uid int, host string) string { return strconv.Itoa(uid) + "@" + host }
	for i := range r.Owners {
		o := &Owner{r.Owners[i], &cache.Report{Made: r.Made, Caches: r.Caches, ByCache: make([]cache.CacheUse, len(r.ByCache))}}
		byName[key(o.UID, o.Host)] = o
		list = append(list, o)
	}
	for _, it := range r.Items {
		part := byName[key(it.UID, it.Host)].Report
		part.Items = append(part.Items, it)
	}
	for _, o := range list {
		for i := range r.ByCache {
			o.Report.ByCache[i].Cache, o.Report.ByCache[i].Host = r.ByCache[i].Cache, r.ByCache[i].Host
		}
		o.Report.AddUp(nil, func(*cache.Item) string { return o.User })
	}
	return list
}

// Free are the entries that cleaning would remove, the one that frees most first.
func Free(r *cache.Report) []*cache.Item {
	var list []*cache.Item
	for _, it := range r.Items {
		if it.State == cache.StateFree {
			list = append(list, it)
		}
	}
	slices.SortStableFunc(list, func(a, b *cache.Item) int {
		return cmp.Or(cmp.Compare(b.Freed, a.Freed), strings.Compare(a.Entry.Path(), b.Entry.Path()))
	})
	return list
}

// holder is what keeps entries: an environment, or a reason where no environment uses them.
type holder struct {
	name    string
	entries int
	disk    int64 // bytes; of an entry that several environments use, with each of them
}

// holders are what keeps the entries of a report, by disk space, the largest first.
func holders(r *cache.Report) []*holder {
	var list []*holder
	for _, e := range r.Environments {
		list = append(list, &holder{e.Prefix, e.Packages, e.Alone.Freed + e.Shared.Freed})
	}
	reasons := map[string]*holder{}
	for _, it := range r.Items {
		if it.State == cache.StateFree || len(it.Environments) > 0 || len(it.Holds) == 0 {
			continue
		}
		name := "(" + cache.Sentence(it.Holds[0].Reason) + ")"
		h := reasons[name]
		if h == nil {
			h = &holder{name: name}
			reasons[name] = h
			list = append(list, h)
		}
		h.entries++
		h.disk += it.Disk
	}
	slices.SortStableFunc(list, func(a, b *holder) int { return cmp.Or(cmp.Compare(b.disk, a.disk), strings.Compare(a.name, b.name)) })
	return list
}
