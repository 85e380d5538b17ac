package walk

import (
	"cmp"
	"container/heap"
	"slices"
)

// Links collects the names of inodes with more than one hard link, to find out which inodes
// have links outside the trees that were read. It takes 24 bytes for each name, in blocks
// that never move. The zero value is empty.
type Links struct {
	blocks [][]link
	devs   []uint64
	shared map[ID]int64 // bytes that an inode shares with others by extents; few inodes have any
}

// link is one name of an inode with several.
type link struct {
	ino   uint64
	dev   uint32 // index in Links.devs
	nlink uint32
	tree  uint32
	disk  uint32 // in blocks of 512 bytes
}

// linkBlock is the number of links in a block: 1.5 MiB.
const linkBlock = 1 << 16

// Add adds a name in tree of the inode that st describes.
func (l *Links) Add(tree int, st Stat) {
	last := len(l.blocks) - 1
	if last < 0 || len(l.blocks[last]) == cap(l.blocks[last]) {
		size := linkBlock
		if last < 0 {
			size = linkBlock / 64 // most callers have few links
		}
		l.blocks = append(l.blocks, make([]link, 0, size))
		last++
	}
	l.blocks[last] = append(l.blocks[last], link{
		ino:   st.ID.Ino,
		dev:   l.dev(st.ID.Dev),
		nlink: uint32(min(st.Nlink, 1<<32-1)),
		tree:  uint32(tree),
		disk:  uint32(min(st.Disk/512, 1<<32-1)),
	})
}

// Share sets how many bytes an inode shares with other files by extents.
func (l *Links) Share(id ID, bytes int64) {
	if bytes == 0 {
		return
	}
	if l.shared == nil {
		l.shared = map[ID]int64{}
	}
	l.shared[id] = bytes
}

func (l *Links) dev(dev uint64) uint32 {
	i := slices.Index(l.devs, dev)
	if i < 0 {
		i = len(l.devs)
		l.devs = append(l.devs, dev)
	}
	return uint32(i)
}

// Merge moves everything from m to l, and adds first to its tree numbers. m must not be
// used afterwards.
func (l *Links) Merge(m *Links, first int) {
	index := make([]uint32, len(m.devs))
	same := true
	for i, dev := range m.devs {
		index[i] = l.dev(dev)
		same = same && index[i] == uint32(i)
	}
	for _, block := range m.blocks {
		if !same || first > 0 {
			for i := range block {
				block[i].dev = index[block[i].dev]
				block[i].tree += uint32(first)
			}
		}
		l.blocks = append(l.blocks, block)
	}
	m.blocks = nil
	for id, bytes := range m.shared {
		l.Share(id, bytes)
	}
}

// Inode is an inode with all names of it that were found.
type Inode struct {
	ID     ID
	Nlink  int64 // hard links of the inode; the largest number seen
	Disk   int64 // bytes of disk blocks
	Shared int64 // bytes of Disk that other inodes have too, by extents
	Trees  []int // the tree of each name, in ascending order
}

// Outside returns how many links to the inode were not found. If the file system numbers
// all inodes 0, each name may belong to another inode.
func (i Inode) Outside() int64 {
	if i.ID.Ino == 0 {
		return i.Nlink - 1
	}
	return i.Nlink - int64(len(i.Trees))
}

// Usage returns what the inode takes up, as if it had no other links.
func (i Inode) Usage() Usage { return Usage{Disk: i.Disk, Shared: i.Shared, Inodes: 1} }

// Inodes yields every inode once, sorted by device and number. It reuses Trees between
// calls.
func (l *Links) Inodes(yield func(Inode) bool) {
	h := make(linkHeap, 0, len(l.blocks))
	for _, block := range l.blocks {
		slices.SortFunc(block, compareLinks) // quick if already sorted
		if len(block) > 0 {
			h = append(h, block)
		}
	}
	heap.Init(&h)
	var cur Inode
	var dev uint32
	for len(h) > 0 {
		k := h[0][0]
		if len(h[0]) > 1 {
			h[0] = h[0][1:]
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h)
		}
		if len(cur.Trees) == 0 || k.ino != cur.ID.Ino || k.dev != dev {
			if len(cur.Trees) > 0 && !yield(cur) {
				return
			}
			dev = k.dev
			cur = Inode{ID: ID{Dev: l.devs[dev], Ino: k.ino}, Trees: cur.Trees[:0]}
			cur.Shared = l.shared[cur.ID]
		}
		cur.Nlink = max(cur.Nlink, int64(k.nlink))
		cur.Disk = int64(k.disk) * 512
		cur.Trees = append(cur.Trees, int(k.tree))
	}
	if len(cur.Trees) > 0 {
		yield(cur)
	}
}

func compareLinks(a, b link) int {
	return cmp.Or(cmp.Compare(a.dev, b.dev), cmp.Compare(a.ino, b.ino), cmp.Compare(a.tree, b.tree))
}

// linkHeap is a heap of sorted blocks; the block with the smallest first link is on top.
type linkHeap [][]link

func (h linkHeap) Len() int           { return len(h) }
func (h linkHeap) Less(i, j int) bool { return compareLinks(h[i][0], h[j][0]) < 0 }
func (h linkHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *linkHeap) Push(x any)        { *h = append(*h, x.([]link)) }
func (h *linkHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
