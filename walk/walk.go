// Package walk reads, measures and removes folder trees. It knows folders, files,
// sizes, link counts and locks, and nothing of conda.
//
// Everything starts from a [Dir], an open folder. Names are looked up in the open
// folder, never by path, and never through a symlink: a folder that somebody
// replaces on the way is not mistaken for the one that was looked at. What a file
// is, is told by its [ID], the device and inode number, not by its path.
//
//	dir, err := walk.Open("/opt/conda/pkgs")
//	st, err := dir.Lstat("numpy-1.26.4-py311_0")
//	trees, links, err := walk.Measure(ctx, []walk.Root{{Dir: dir, Name: "numpy-1.26.4-py311_0"}}, walk.MeasureOptions{})
//	errs := walk.Remove(ctx, []walk.Target{{Dir: dir, Name: "numpy-1.26.4-py311_0", ID: st.ID}}, walk.RemoveOptions{})
//
// [Read] passes each folder of several trees to a visitor, many at a time.
// [Measure] is made of it: what each tree takes up, and the [Links], which are all
// names that were found of inodes with several. A link that was not found lies
// outside of the trees ([Inode.Outside]), and what has one is in use elsewhere.
//
// [Remove] removes trees, and compares the ID of each before. Neither Read nor
// Remove enters what is mounted inside a tree (ErrMountPoint).
//
// Three kinds of error say that there is nothing at a path, and they differ:
// [IsGone] is proof, [IsLoop] is a circle of symlinks, and ErrNoVolume says that
// the disk itself is away, so that the path may exist all the same.
//
// What differs between systems is in files that are named after the system:
// sysdir_unix.go and sysdir_windows.go have the calls that a Dir is made of.
//
// What others name by its path is opened and listed by package open, and package
// mounts knows what is mounted where.
package walk

import (
	"errors"
	"fmt"
	"io/fs"
)

// ErrMountPoint says that another file system, or another part of the same, is
// mounted at a folder inside a tree. Such a tree is neither read nor removed.
var ErrMountPoint = errors.New("something is mounted here; unmount it first")

// ErrMagicLink says that a path leads through a link of /proc, such as
// /proc/1/root, which is not followed: it may lead anywhere.
var ErrMagicLink = errors.New("it leads through a link in /proc, which gclean does not follow; name the folder itself")

// ErrChanged says that a name no longer is what it was when it was looked at.
var ErrChanged = errors.New("was replaced in the meantime")

// ID identifies a file, folder or symlink on this machine whatever its path:
// the device and inode number on Unix, the volume serial number and file index
// on Windows. Two paths with the same ID are the same thing.
type ID struct {
	Dev uint64
	Ino uint64
}

// String is "dev:ino", for messages.
func (id ID) String() string { return fmt.Sprintf("%d:%d", id.Dev, id.Ino) }

// Stat is what a file system says of one name, symlinks not followed.
type Stat struct {
	ID    ID
	Mode  fs.FileMode // type, permission bits and ModeSticky
	Size  int64       // bytes; of a symlink, the length of its target
	Disk  int64       // bytes of disk blocks allocated
	Nlink uint64      // hard links to the inode
	UID   uint32      // owner; 0 on Windows
	GID   uint32      // group of the owner; 0 on Windows
	Mtime int64       // nanoseconds since 1970, last change of content
	Ctime int64       // nanoseconds since 1970, last change of the inode: links too
}

// Usage is what a tree, or several, take up.
type Usage struct {
	Files    int64 // everything that is not a folder, symlinks too
	Dirs     int64 // folders, the top one included
	Apparent int64 // bytes: the sizes of Files, each name counted
	Disk     int64 // bytes of disk blocks, an inode counted once
	Shared   int64 // bytes of Disk that other files have too, by extents: see MeasureOptions
	Inodes   int64 // inodes, each counted once: folders too, as df -i counts them
}

// Freed is how many bytes of disk blocks are free, at least, once all is removed.
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
	Stat Stat        // zero where only names were asked for
}

// IsDir says whether the item is a folder, symlinks not followed.
func (i Item) IsDir() bool { return i.Type.IsDir() }
