package cache

import (
	"slices"
	"sort"
)

// show adds to the targets the categories of what an earlier run left, so that their
// removal is visible. Before that, the targets are only what the user asked for: nothing
// else in those categories is removed.
func (s *Survey) show() {
	for _, e := range s.entries {
		if e.leftover && e.wanted && !s.plan.Has(PkgsDirs) && !s.plan.Has(e.Category) {
			s.plan.Targets = append(s.plan.Targets, e.Category)
		}
	}
	slices.Sort(s.plan.Targets)
}

// sort puts entries in the order in which they are shown.
func (s *Survey) sort() {
	order := numbersOf(s.plan.Caches)
	less := func(a, b *Entry) bool {
		switch {
		case a.Category != b.Category:
			return a.Category < b.Category
		case a.Dir != b.Dir:
			return order[a.Dir] < order[b.Dir] || order[a.Dir] == order[b.Dir] && a.Dir < b.Dir
		}
		return a.Name < b.Name
	}
	sort.SliceStable(s.plan.Remove, func(i, j int) bool { return less(s.plan.Remove[i], s.plan.Remove[j]) })
	sort.SliceStable(s.plan.Kept, func(i, j int) bool { return less(s.plan.Kept[i].Entry, s.plan.Kept[j].Entry) })
}
