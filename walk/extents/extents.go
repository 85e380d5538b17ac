// Package extents finds out which bytes of a file are shared with other files. btrfs, XFS
// and similar file systems keep one copy of a file that "cp --reflink" or an installer
// cloned (FICLONE). Removing one of the files then frees nothing.
//
//	if extents.MayBeShared(fd) { // a folder
//		var a extents.Asker
//		n, err := a.Shared(fd, "libfoo.so") // bytes that another file has too
//	}
//
// A file is made of extents. The file system says for each extent whether anything else
// refers to it: another file, a snapshot, or another part of the same file. It does not say
// what refers to it. So removing a file frees at least the bytes that are not shared. It
// frees more if one run removes all files that share an extent.
package extents

// extent is a run of bytes of a file, as in FIEMAP (struct fiemap_extent in
// linux/fiemap.h).
type extent struct {
	logical uint64 // position in the file
	_       uint64 // position on the disk
	length  uint64 // in bytes
	_       [2]uint64
	flags   uint32
	_       [3]uint32
}

// The flags of an extent that matter here.
const (
	flagLast   = 0x0001 // FIEMAP_EXTENT_LAST
	flagShared = 0x2000 // FIEMAP_EXTENT_SHARED
)

// shared adds up the shared bytes of list. next is where the following extents start; last
// reports that there are no more.
func shared(list []extent) (bytes, next uint64, last bool) {
	for _, e := range list {
		if e.flags&flagShared != 0 {
			bytes += e.length
		}
		if e.logical+e.length <= next && next > 0 {
			return bytes, next, true // the extents go backwards; do not ask forever
		}
		next = e.logical + e.length
		last = e.flags&flagLast != 0
	}
	return bytes, next, last || len(list) == 0
}
