package cache

import (
	"cmp"
	"slices"
	"strings"
)

// part is an entry in the terms of room: what it takes up, and shares.
type part struct {
	entry  *candidate
	cache  int // number of its cache, -1 for none
	disk   int64
	shared []*sharedInode
	gone   bool
}

// sharedInode is an inode that several entries may have.
type sharedInode struct {
	disk    int64
	left    int         // entries that have it and are not gone; never 0 where it has links outside
	inCache map[int]int // the same by cache, where nothing outside counts
}

// limit is how much more has to go from a place: a cache or a file system.
type limit struct {
	size int64 // bytes of disk blocks in a cache, an inode counted once
	over int64 // bytes that have to go; 0 and less is enough
}

// room chooses what goes for room. It knows nothing of disks.
type room struct {
	caches      []limit // by number: over the greatest size
	filesystems []limit // by number: missing to what is to be free
	fsOf        []int   // the file system of each cache
}

// take makes p gone and counts what that frees.
func (r *room) take(p *part) {
	p.gone = true
	if p.cache < 0 {
		return
	}
	inCache, freed := p.disk, p.disk
	for _, n := range p.shared {
		if n.left--; n.left == 0 {
			freed += n.disk
		}
		if n.inCache[p.cache]--; n.inCache[p.cache] == 0 {
			inCache += n.disk
		}
	}
	r.caches[p.cache].over -= inCache
	r.filesystems[r.fsOf[p.cache]].over -= freed
}

// wants says whether something of p's cache, or of its file system, has to go.
func (r *room) wants(p *part) bool {
	return p.cache >= 0 && (r.caches[p.cache].over > 0 || r.filesystems[r.fsOf[p.cache]].over > 0)
}

// choose takes, of the parts that may go, the least recently used first until
// there is room, and returns those that are not needed for it.
func (r *room) choose(parts []*part) (spared []*part) {
	parts = slices.SortedFunc(slices.Values(parts), func(a, b *part) int {
		return cmp.Or(cmp.Compare(a.entry.Newest, b.entry.Newest),
			strings.Compare(a.entry.Dir, b.entry.Dir), strings.Compare(a.entry.Name, b.entry.Name))
	})
	for _, p := range parts {
		if r.wants(p) {
			r.take(p)
		} else {
			spared = append(spared, p)
		}
	}
	return spared
}
