package removal

import (
	"runtime"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/meta"
	"gclean/walk"
)

// lockFile is a file that a tool locks when it changes a cache.
type lockFile struct {
	name   string
	kind   walk.LockKind
	create bool // the tool makes it for the purpose
	lease  bool // it is no lock but a lease, of package lease
}

// lockFiles are the lock files of the tools that use a cache, gclean's own first.
func lockFiles(dir *walk.Dir, loc cache.Location) ([]lockFile, error) {
	items, err := dir.ReadDir()
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, it := range items {
		if it.Type.IsRegular() {
			names[it.Name] = true
		}
	}
	files := []lockFile{ownLock(names)}
	if loc.Network {
		// After the lock: that keeps out the other processes of this host.
		files = append(files, lockFile{name: cache.OwnLease, create: true, lease: true})
	}
	switch loc.Family {
	case cache.Conda, cache.Mamba:
		for _, name := range mambaLocks(items, loc.Names()) {
			files = append(files, lockFile{name: name, kind: walk.Fcntl, create: true})
		}
	case cache.Rattler:
		// rattler's writers (acquire_global_lock in crates/rattler_cache).
		files = append(files, lockFile{name: meta.RattlerLock, kind: walk.Flock})
	}
	return files, nil
}

// ownLock is what one gclean keeps others out by. On Linux it is a lock on the mark
// of a cache of conda or mamba, which is there whatever room there is, and which who
// can only read the cache cannot lock for writing. Elsewhere a lock would be lost
// when the mark is read and closed, or keep others from reading it: a file is made,
// which nobody can open but those who may write to the cache.
func ownLock(names map[string]bool) lockFile {
	if runtime.GOOS == "linux" {
		for _, mark := range meta.CondaMarks() {
			if names[mark] {
				return lockFile{name: mark, kind: walk.Fcntl}
			}
		}
	}
	return lockFile{name: cache.OwnLock, kind: walk.Flock, create: true}
}

// usualName is the name that a cache has where nothing else is configured.
const usualName = "pkgs"

// mambaLocks are the names of the files by which libmamba locks a cache: it is
// <folder>/<name of the folder>.lock, by the name in its own configuration
// (LockFileOwner in libmamba/src/core/util.cpp), which may be that of a symlink or
// of a mount. The names that are known are locked, and whatever lock file of a folder
// is there. mamba before 1.0 had mamba.lock.
func mambaLocks(items []walk.Item, known []string) []string {
	list := []string{}
	for _, name := range append(slices.Clone(known), usualName) {
		list = append(list, name+".lock")
	}
	for _, it := range items {
		base, isLock := strings.CutSuffix(it.Name, ".lock")
		isOf := func(other walk.Item) bool { return other.Name == base }
		if isLock && it.Type.IsRegular() && it.Name != cache.OwnLock && !slices.ContainsFunc(items, isOf) {
			list = append(list, it.Name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
