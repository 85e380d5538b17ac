// Package room chooses which entries of caches go so that there is room: on the
// file systems of the caches, and in each cache. It knows nothing of disks.
//
// An entry is a [Part]. What it shares with others, by hard links, is an [Inode]:
// it is free when the last part that has it is gone.
//
//	r := &room.Room{Caches: make([]room.Limit, 1), Filesystems: []room.Limit{{Over: room.Size{Bytes: 1 << 30}}}, FSOf: []int{0}}
//	spared := r.Choose(parts) // those that may stay
package room

import (
	"cmp"
	"slices"
	"strings"
)

// Size is what is counted.
type Size struct {
	Bytes  int64 // that removing frees: what is shared by extents is not among them
	Inodes int64
}

func (s *Size) add(t Size) { s.Bytes, s.Inodes = s.Bytes+t.Bytes, s.Inodes+t.Inodes }

func (s *Size) less(t Size) { s.Bytes, s.Inodes = s.Bytes-t.Bytes, s.Inodes-t.Inodes }

// Part is an entry in the terms of room: what it takes up, and shares.
type Part struct {
	Entry     int    // of the caller
	Newest    int64  // when it was last used, in nanoseconds since 1970
	Dir, Name string // where it is: the order of what was last used together
	Cache     int    // number of its cache, -1 for none
	Own       Size   // of inodes that nothing else has
	Shared    []*Inode
	Gone      bool
}

// Inode is an inode that several entries may have.
type Inode struct {
	Size    Size        // one inode
	Left    int         // entries that have it and are not gone; never 0 where it has links outside
	InCache map[int]int // the same by cache, where nothing outside counts
}

// Limit is how much more has to go from a place: a cache or a file system.
type Limit struct {
	Size Size // of a cache, an inode counted once
	Over Size // what has to go; 0 and less is enough
}

// Add counts something that is in the place.
func (l *Limit) Add(s Size) { l.Size.add(s) }

// Room is how much there is of it.
type Room struct {
	Caches      []Limit // by number: over the greatest size
	Filesystems []Limit // by number: missing to what is to be free
	FSOf        []int   // the file system of each cache
}

// Take makes p gone and counts what that frees.
func (r *Room) Take(p *Part) {
	p.Gone = true
	if p.Cache < 0 {
		return
	}
	inCache, freed := p.Own, p.Own
	for _, n := range p.Shared {
		if n.Left--; n.Left == 0 {
			freed.add(n.Size)
		}
		if n.InCache[p.Cache]--; n.InCache[p.Cache] == 0 {
			inCache.add(n.Size)
		}
	}
	r.Caches[p.Cache].Over.less(inCache)
	r.Filesystems[r.FSOf[p.Cache]].Over.less(freed)
}

// wants says whether something of p's cache, or of its file system, has to go that
// p has. What it shares may be free only with others that come later.
func (r *Room) wants(p *Part) bool {
	if p.Cache < 0 {
		return false
	}
	has := p.Own
	for _, n := range p.Shared {
		has.add(n.Size)
	}
	for _, over := range []Size{r.Caches[p.Cache].Over, r.Filesystems[r.FSOf[p.Cache]].Over} {
		if over.Bytes > 0 && has.Bytes > 0 || over.Inodes > 0 && has.Inodes > 0 {
			return true
		}
	}
	return false
}

// Choose takes, of the parts that may go, the least recently used first until
// there is room, and returns those that are not needed for it.
func (r *Room) Choose(parts []*Part) (spared []*Part) {
	parts = slices.SortedFunc(slices.Values(parts), func(a, b *Part) int {
		return cmp.Or(cmp.Compare(a.Newest, b.Newest), strings.Compare(a.Dir, b.Dir), strings.Compare(a.Name, b.Name))
	})
	for _, p := range parts {
		if r.wants(p) {
			r.Take(p)
		} else {
			spared = append(spared, p)
		}
	}
	return spared
}
