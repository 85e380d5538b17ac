// Package walk reads, measures and removes folder trees. It deals with folders, files,
// sizes, link counts and locks, and knows nothing of conda.
//
// Everything starts from a [Dir], an open folder. Names are looked up in the open folder,
// never by path and never through a symlink. So if somebody replaces a folder, walk does
// not mistake it for the first one. An [ID], the device and inode number, identifies a
// file, not its path.
//
//	dir, err := walk.Open("/opt/conda/pkgs")
//	st, err := dir.Lstat("numpy-1.26.4-py311_0")
//	trees, links, err := walk.Measure(ctx, []walk.Root{{Dir: dir, Name: "numpy-1.26.4-py311_0"}}, walk.MeasureOptions{})
//	errs := walk.Remove(ctx, []walk.Target{{Dir: dir, Name: "numpy-1.26.4-py311_0", ID: st.ID}}, walk.RemoveOptions{})
//
// [Read] passes each folder of several trees to a visitor, many at a time. [Measure] uses it to find what each tree takes up. Measure also returns the [Links]: all names that it found of inodes with
// several. If an inode has a link that was not found, that link is outside the trees
// ([Inode.Outside]), so the file is in use elsewhere.
//
// [Remove] removes trees, and compares the ID of each first. Neither Read nor Remove enters what is mounted inside a tree (ErrMountPoint).
//
// Three kinds of error say that there is nothing at a path: [IsGone] is proof, and [IsLoop]
// is a symlink loop. ErrNoVolume means that the disk itself is missing, so that the path
// may still exist.
//
// Code for a single system is in files with the name of that system. sysdir_unix.go and
// sysdir_windows.go have the system calls that a Dir uses.
//
// Package open opens files by paths that others choose, and package mounts knows what is
// mounted where.
package walk

import (
	"errors"
	"fmt"
	"io/fs"
)

// ErrMountPoint means that another file system, or another part of the same one, is mounted
// on a folder inside a tree. Such a tree is neither read nor removed.
var ErrMountPoint = errors.New("something is mounted here; unmount it first")

// ErrMagicLink means that a path leads through a link of /proc, such as /proc/1/root. walk
// does not follow it, because it may lead anywhere.
var ErrMagicLink = errors.New("it leads through a link in /proc, which gclean does not follow; name the folder itself")

// ErrChanged means that a name is no longer the file that it was before.
var ErrChanged = errors.New("was replaced in the meantime")

// ID identifies a file, folder or symlink on this machine, independent of its path. It is
// the device and inode number on Unix, the volume serial number and file index on Windows.
// Two paths with the same ID are the same file.
type ID struct {
	Dev uint64
	Ino uint64
}

// String returns "dev:ino", for messages.
func (id ID) String() string { return fmt.Sprintf("%d:%d", id.Dev, id.Ino) }

// Stat describes one name in a file system, without following a symlink.
type Stat struct {
	ID    ID
	Mode  fs.FileMode // type, permission bits and ModeSticky
	Size  int64       // in bytes; for a symlink, the length of its target
	Disk  int64       // bytes of allocated disk blocks
	Nlink uint64      // hard links to the inode
	UID   uint32      // owner; 0 on Windows
	GID   uint32      // group of the file; 0 on Windows
	Mtime int64       // last change of the content, in nanoseconds since 1970
	Ctime int64       // last change of the inode, including its links, in nanoseconds since 1970
}

// Usage is what one or several trees take up.
type Usage struct {
	Files    int64 // everything except folders; symlinks count
	Dirs     int64 // folders, including the top one
	Apparent int64 // bytes: the sum of the sizes of Files, each name counted
	Disk     int64 // bytes of disk blocks; an inode counts once
	Shared   int64 // bytes of Disk that other files have too, by extents: see MeasureOptions
	Inodes   int64 // inodes, each counted once, including folders: as df -i counts them
}

// Freed returns how many bytes of disk blocks become free, at least, when everything is
// removed.
func (u *Usage) Freed() int64 { return max(u.Disk-u.Shared, 0) }

// Add adds v to u.
func (u *Usage) Add(v Usage) {
	u.Files += v.Files
	u.Dirs += v.Dirs
	u.Apparent += v.Apparent
	u.Disk += v.Disk
	u.Shared += v.Shared
	u.Inodes += v.Inodes
}

// Item is one name in a folder.
type Item struct {
	Name string
	Type fs.FileMode // type bits only
	Stat Stat        // zero if only names were requested
}

// IsDir reports whether the item is a folder; a symlink to a folder is not.
func (i Item) IsDir() bool { return i.Type.IsDir() }
