// Package room chooses which entries of caches go so that there is room: on the
// file systems of the caches, and in each cache. It knows nothing of disks.
//
// An entry is a [Part]. What it shares with others, by hard links, is an [Inode]:
// it is free when the last part that has it is gone.
//
//	r := &room.Room{Caches: make([]room.Limit, 1), Filesystems: []room.Limit{{Over: 1 << 30}}, FSOf: []int{0}}
//	spared := r.Choose(parts) // those that may stay
package room

import (
	"cmp"
	"slices"
	"strings"
)

// Part is an entry in the terms of room: what it takes up, and shares.
type Part struct {
	Entry     int    // of the caller
	Newest    int64  // when it was last used, in nanoseconds since 1970
	Dir, Name string // where it is: the order of what was last used together
	Cache     int    // number of its cache, -1 for none
	Disk      int64  // bytes, of its own inodes
	Shared    []*Inode
	Gone      bool
}

// Inode is an inode that several entries may have.
type Inode struct {
	Disk    int64       // bytes
	Left    int         // entries that have it and are not gone; never 0 where it has links outside
	InCache map[int]int // the same by cache, where nothing outside counts
}

// Limit is how much more has to go from a place: a cache or a file system.
type Limit struct {
	Size int64 // bytes of disk blocks in a cache, an inode counted once
	Over int64 // bytes that have to go; 0 and less is enough
}

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
	inCache, freed := p.Disk, p.Disk
	for _, n := range p.Shared {
		if n.Left--; n.Left == 0 {
			freed += n.Disk
		}
		if n.InCache[p.Cache]--; n.InCache[p.Cache] == 0 {
			inCache += n.Disk
		}
	}
	r.Caches[p.Cache].Over -= inCache
	r.Filesystems[r.FSOf[p.Cache]].Over -= freed
}

// wants says whether something of p's cache, or of its file system, has to go.
func (r *Room) wants(p *Part) bool {
	return p.Cache >= 0 && (r.Caches[p.Cache].Over > 0 || r.Filesystems[r.FSOf[p.Cache]].Over > 0)
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
