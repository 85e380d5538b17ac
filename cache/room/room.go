// Package room chooses which entries of caches to remove to make room, on the caches' file
// systems and in each cache. It does not use the disk.
//
// An entry is a [Part]. What several entries share by hard links is an [Inode]: it becomes
// free with the last part that has it.
//
//	r := &room.Room{Caches: make([]room.Limit, 1), Filesystems: []room.Limit{{Over: room.Size{Bytes: 1 << 30}}}, FSOf: []int{0}}
//	spared := r.Choose(parts) // those that may be kept
package room

import (
	"cmp"
	"slices"
	"strings"
)

// Size is an amount of space and inodes.
type Size struct {
	Bytes  int64 // that removal frees, without extents shared with other files
	Inodes int64
}

func (s *Size) add(t Size) { s.Bytes, s.Inodes = s.Bytes+t.Bytes, s.Inodes+t.Inodes }

func (s *Size) less(t Size) { s.Bytes, s.Inodes = s.Bytes-t.Bytes, s.Inodes-t.Inodes }

// Part is an entry: what it takes up, alone and shared with others.
type Part struct {
	Entry     int    // index of the entry, for the caller
	Newest    int64  // time of the last use, in nanoseconds since 1970
	Dir, Name string // path, which orders entries that were last used at the same time
	Cache     int    // index of its cache, or -1
	Own       Size   // size of inodes that no other entry has
	Shared    []*Inode
	Gone      bool
}

// Inode is an inode that several entries may have.
type Inode struct {
	Size    Size        // of the inode
	Left    int         // number of remaining entries that have it; never reaches 0 if it has links outside
	InCache map[int]int // the same for each cache, without counting links outside
}

// Limit says how much must still be freed in a place: a cache or a file system.
type Limit struct {
	Size Size // of a cache; an inode counts once
	Over Size // what must be freed; enough is freed at 0 and below
}

// Add counts something that is in the place.
func (l *Limit) Add(s Size) { l.Size.add(s) }

// Room holds the limits of all caches and file systems.
type Room struct {
	Caches      []Limit // by index: how far each exceeds its greatest size
	Filesystems []Limit // by index: how much is missing to the space that should be free
	FSOf        []int   // index of each cache's file system
}

// Take marks p as gone, and subtracts what that frees from the limits.
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

// wants reports whether removing p may help p's cache or file system. What p shares may
// become free only when later parts are removed too.
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

// Choose takes parts, the least recently used first, until there is room. It returns those
// that need not be removed.
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
