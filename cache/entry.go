package cache

import (
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"gclean/meta"
	"gclean/walk"
)

// Entry is one thing in a cache that is removed in one step, or kept.
type Entry struct {
	Category Category
	// Dir is the path of the cache that the entry is in. For a temp file, it is the folder
	// that was searched.
	Dir string
	// Name is the slash-separated path below Dir: "numpy-1.26.4-py311_0", ".logs/x.log".
	Name string
	// Dist is the distribution of an archive or an extracted package; else "".
	Dist string
	// Also are names beside Name that are removed after it: rattler's metadata file of a
	// package, and mamba's urls.txt if its folder becomes empty.
	Also []string
	// Usage is the space that the entry takes. An inode with several links counts in Disk,
	// Shared and Inodes of the entry whose removal frees it under this plan. Usage.Freed is
	// what df gains.
	Usage walk.Usage
	// Stat describes the entry itself when the plan was made.
	Stat walk.Stat
	// Newest is the newest change time of an inode in the entry, in nanoseconds since 1970.
	Newest int64
	// Samples are some files of a package on a network file system, as they were when the
	// plan was made. They show whether another host has linked the package since.
	Samples []walk.Sample
	// Hidden is the size, in bytes, of an entry in an earlier layer of a container image.
	// Removing it would free nothing, so Usage.Disk and Usage.Inodes are 0.
	Hidden int64
	// Linked says that one of its files has a hard link outside everything that was read.
	Linked bool
	// User is the user whose process removes it; "" means this process.
	User string
	// Because says why a policy lets it be removed; "" if no policy applies.
	Because string
	// Until is when an entry in quarantine, or one about to be put there, is removed for
	// good. It is zero for all others.
	Until time.Time
	// Origin is the slash-separated path below Dir from which a quarantined entry was
	// moved; "" for all others.
	Origin string
}

// Aside reports whether the plan moves the entry to the quarantine, so that it frees
// nothing yet.
func (e *Entry) Aside() bool { return !e.Until.IsZero() && e.Category != Quarantined }

// IsMark reports whether the entry is a mark of a cache that is removed as a whole.
func (e *Entry) IsMark() bool {
	return e.Category == PkgsDirs && slices.Contains(meta.CondaMarks(), e.Name) && !e.Stat.Mode.IsDir()
}

// Path returns the path of the entry.
func (e *Entry) Path() string { return filepath.Join(e.Dir, filepath.FromSlash(e.Name)) }

// Shown returns the name to print: Name, or for an entry in quarantine the name that it
// had.
func (e *Entry) Shown() string {
	if e.Origin != "" {
		return e.Origin
	}
	return e.Name
}

// Owner returns the UID of the entry's own inode, or -1 on systems without UIDs.
func (e *Entry) Owner() int {
	if runtime.GOOS == "windows" {
		return -1
	}
	return int(e.Stat.UID)
}

// ParentOf returns the folder of a name below a cache; "" means the cache itself.
func ParentOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}
