package cache

import (
	"slices"
	"time"

	"gclean/cache/hold"
	"gclean/meta"
)

// Kept is an entry that was asked for and stays, and why.
type Kept struct {
	Entry *Entry
	Holds []hold.Hold // at least one
}

// Plan is everything that one run removes. It is complete before anything is
// touched; a dry run is a plan that is shown and not carried out.
type Plan struct {
	Targets  []Category // what was asked for, in ascending order
	Caches   []Location // the caches looked at, each once, in the order given
	Remove   []*Entry   // by category, cache and name
	Kept     []Kept     // in the same order
	Problems meta.Problems
	// Aside is the disk space, in bytes, of what is in quarantine and stays there.
	Aside int64
	// Made is when the look at the caches began.
	Made time.Time
	// Took is how long making the plan has taken.
	Took time.Duration
	// Marks are what is to be remembered of each cache, by path, once the plan is
	// carried out.
	Marks map[string]*hold.Mark
	// MarkName is the name of those marks; "" where none may be written.
	MarkName string
	// Discovery is what the plan was made of.
	Discovery *meta.Discovery

	installers []int // PIDs of those that ran
	packages   map[*Entry]*hold.Package
}

// Package is what witnesses were asked about an extracted package that goes, nil for
// other entries.
func (p *Plan) Package(e *Entry) *hold.Package { return p.packages[e] }

// Has says whether c was asked for.
func (p *Plan) Has(c Category) bool { return slices.Contains(p.Targets, c) }

// In returns the entries of one category that go, in order.
func (p *Plan) In(c Category) []*Entry {
	var list []*Entry
	for _, e := range p.Remove {
		if e.Category == c {
			list = append(list, e)
		}
	}
	return list
}

// Doubt says whether anything was kept back because it is not known to be
// free.
func (p *Plan) Doubt() bool {
	return p.Problems.Doubt() || slices.ContainsFunc(p.Kept, Kept.Doubt)
}

// KeptBack says whether anything was kept that may go in a later run: in doubt,
// too fresh, or while an installer runs.
func (p *Plan) KeptBack() bool { return p.Problems.Doubt() || slices.ContainsFunc(p.Kept, Kept.Back) }

// Failed says whether part of what was asked for cannot be done.
func (p *Plan) Failed() bool { return p.Problems.Failed() }

// Doubt says whether the entry would go but for what is not known.
func (k Kept) Doubt() bool {
	return !slices.ContainsFunc(k.Holds, func(h hold.Hold) bool { return !h.Reason.Doubt() })
}

// Back says whether the entry was kept back: it is in doubt, or somebody may be
// about to use it.
func (k Kept) Back() bool {
	return !slices.ContainsFunc(k.Holds, func(h hold.Hold) bool { return !h.Reason.KeptBack() })
}

// Sizes are the figures of a list of entries, in bytes but for Inodes.
type Sizes struct {
	Apparent int64 // the sum of file sizes: what conda prints
	Freed    int64 // what df gains when the plan is carried out; more, if files share extents among them
	Hidden   int64 // what is in an earlier layer of an image, and is not freed
	Inodes   int64 // inodes that are free then: files and folders, as df -i counts them
	// Aside is what is put in quarantine, and freed when it goes from there.
	Aside int64
	// AsideEntries are the entries that are put there.
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
