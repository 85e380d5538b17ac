// Package extents knows which bytes of a file are shared with other files: btrfs,
// XFS and their like keep one copy of what "cp --reflink" or an installer cloned
// (FICLONE), and removing one of the files frees nothing.
//
//	if extents.MayBeShared(fd) { // a folder
//		var a extents.Asker
//		n, err := a.Shared(fd, "libfoo.so") // bytes that another file has too
//	}
//
// A file is made of extents. The file system says of each of them whether anything
// else refers to it: another file, a snapshot, or the same file elsewhere. It does
// not say who. So the bytes that are not shared are what removing the file frees
// at least; where all files that share an extent go in one run, more is freed.
package extents

// extent is a run of bytes of a file, as FIEMAP tells of it (struct fiemap_extent
// in linux/fiemap.h).
type extent struct {
	logical uint64 // where it is in the file
	_       uint64 // where it is on the disk
	length  uint64 // bytes
	_       [2]uint64
	flags   uint32
	_       [3]uint32
}

// The flags of an extent that matter here.
const (
	flagLast   = 0x0001 // FIEMAP_EXTENT_LAST
	flagShared = 0x2000 // FIEMAP_EXTENT_SHARED
)

// shared adds up the shared bytes of list. next is where the extents go on that
// follow, and last says that none do.
func shared(list []extent) (bytes, next uint64, last bool) {
	for _, e := range list {
		if e.flags&flagShared != 0 {
			bytes += e.length
		}
		if e.logical+e.length <= next && next > 0 {
			return bytes, next, true // it goes round in circles
		}
		next = e.logical + e.length
		last = e.flags&flagLast != 0
	}
	return bytes, next, last || len(list) == 0
}
