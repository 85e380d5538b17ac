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

// Entry is one thing that is removed in one step, or stays.
type Entry struct {
	Category Category
	// Dir is the path of the cache that the entry is in; of a temp file, the
	// folder that was searched.
	Dir string
	// Name is the slash-separated path below Dir: "numpy-1.26.4-py311_0",
	// ".logs/x.log".
	Name string
	// Dist is the distribution of an archive or an extracted package; else "".
	Dist string
	// Also are names beside Name that go with it, after it: rattler's metadata
	// file of a package, and mamba's urls.txt where a folder is left empty.
	Also []string
	// AlsoIDs are what those of Also were when the plan was made that are put in
	// quarantine with the entry.
	AlsoIDs map[string]walk.ID
	// Usage is what the entry takes up. An inode with several links counts in
	// Disk, Shared and Inodes with the entry whose removal frees it as part of the
	// plan. Usage.Freed is what df gains.
	Usage walk.Usage
	// Stat describes the entry itself as it was when the plan was made.
	Stat walk.Stat
	// Newest is the newest change time of an inode in the entry, in
	// nanoseconds since 1970.
	Newest int64
	// Samples are some of the files in a package on a network file system, as they were
	// when the plan was made: whether other hosts have linked them since can be seen by
	// them.
	Samples []walk.Sample
	// Hidden is the disk space, in bytes, of an entry that is in an earlier layer
	// of a container image: it would not be freed. Usage.Disk and Usage.Inodes are 0 then.
	Hidden int64
	// Linked says that a file of it has a hard link outside of all that was read.
	Linked bool
	// User is the user whose process removes it; "" is this one.
	User string
	// Because says why a policy lets it go, "" where none was asked.
	Because string
	// Until is when the entry goes for good, of one that is in quarantine or is to be
	// put there; zero for all others.
	Until time.Time
	// Origin is the slash-separated path below Dir where an entry was that is in
	// quarantine; "" for all others.
	Origin string
}

// Aside says whether the entry is to be put in quarantine: it frees nothing yet.
func (e *Entry) Aside() bool { return !e.Until.IsZero() && e.Category != Quarantined }

// IsMark says whether the entry is one of the marks of a cache that is to go
// as a whole.
func (e *Entry) IsMark() bool {
	return e.Category == PkgsDirs && slices.Contains(meta.CondaMarks(), e.Name) && !e.Stat.Mode.IsDir()
}

// Path is the path of the entry.
func (e *Entry) Path() string { return filepath.Join(e.Dir, filepath.FromSlash(e.Name)) }

// Shown is Name or, of an entry in quarantine, the name that it had.
func (e *Entry) Shown() string {
	if e.Origin != "" {
		return e.Origin
	}
	return e.Name
}

// Owner is the UID of the entry's own inode, -1 where there is none.
func (e *Entry) Owner() int {
	if runtime.GOOS == "windows" {
		return -1
	}
	return int(e.Stat.UID)
}

// ParentOf is the folder of a name below a cache; "" is the cache.
func ParentOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}
