package cache

import (
	"slices"
	"time"

	"gclean/cache/hold"
	"gclean/meta"
)

// Kept is an entry that the user asked to remove and that is kept, with the reasons.
type Kept struct {
	Entry *Entry
	Holds []hold.Hold // at least one
}

// Plan is everything that one run removes. It is complete before anything is touched: a dry
// run prints it and stops.
type Plan struct {
	Targets  []Category // what the user asked for, in ascending order
	Caches   []Location // the caches that were read, each once, in the order given
	Remove   []*Entry   // by category, cache and name
	Kept     []Kept     // in the same order
	Problems meta.Problems
	// Made is when gclean began to read the caches.
	Made time.Time
	// Took is how long making the plan took.
	Took time.Duration
	// Marks is what to remember about each cache, by path, after the plan is carried out.
	Marks map[string]*hold.Mark
	// MarkName is the file name of those marks; "" if none may be written.
	MarkName string
	// Discovery is the input from which the plan was made.
	Discovery *meta.Discovery

	installers []int // PIDs of the installers that ran
}

// Has reports whether the user asked for c.
func (p *Plan) Has(c Category) bool { return slices.Contains(p.Targets, c) }

// In returns the entries of one category to remove, in order.
func (p *Plan) In(c Category) []*Entry {
	var list []*Entry
	for _, e := range p.Remove {
		if e.Category == c {
			list = append(list, e)
		}
	}
	return list
}

// Doubt reports whether anything is kept because it is not known to be free.
func (p *Plan) Doubt() bool {
	return p.Problems.Doubt() || slices.ContainsFunc(p.Kept, Kept.Doubt)
}

// KeptBack reports whether anything is kept that a later run may remove: it is in doubt,
// too fresh, or an installer runs.
func (p *Plan) KeptBack() bool { return p.Problems.Doubt() || slices.ContainsFunc(p.Kept, Kept.Back) }

// Failed reports whether a part of the task cannot be done.
func (p *Plan) Failed() bool { return p.Problems.Failed() }

// Doubt reports whether only doubts keep the entry.
func (k Kept) Doubt() bool {
	return !slices.ContainsFunc(k.Holds, func(h hold.Hold) bool { return !h.Reason.Doubt() })
}

// Back reports whether the entry is kept only because it is in doubt, or because an
// installer may be about to use it.
func (k Kept) Back() bool {
	return !slices.ContainsFunc(k.Holds, func(h hold.Hold) bool { return !h.Reason.KeptBack() })
}

// Sizes are sums over a list of entries, in bytes except for Inodes and AsideEntries.
type Sizes struct {
	Apparent int64 // the sum of file sizes: what conda prints
	Freed    int64 // what df gains when the plan is carried out; df gains more if the removed files share extents
	Hidden   int64 // size of entries in an earlier layer of an image, which removal does not free
	Inodes   int64 // inodes that removal frees: files and folders, as df -i counts them
	// Aside is the size of entries that move to the quarantine. It is freed when they are
	// removed from there.
	Aside int64
	// AsideEntries is the number of those entries.
	AsideEntries int
}

// SizesOf adds up entries of one plan.
func SizesOf(entries []*Entry) Sizes {
	var s Sizes
	for _, e := range entries {
		s.Apparent += e.Usage.Apparent
		s.Hidden += e.Hidden
		if e.Aside() {
			s.Aside += e.Usage.Freed()
			s.AsideEntries++
			continue
		}
		s.Freed += e.Usage.Freed()
		s.Inodes += e.Usage.Inodes
	}
	return s
}
