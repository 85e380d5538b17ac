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
	create bool // the file exists only for locking, so create it
	lease  bool // it is a lease (package lease), not a lock
}

// lockFiles returns the lock files of the tools that use a cache, gclean's own first.
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
		// after gclean's lock, which keeps out other processes of this host
		files = append(files, lockFile{name: cache.OwnLease, create: true, lease: true})
	}
	switch loc.Family {
	case cache.Conda, cache.Mamba:
		for _, name := range mambaLocks(items, loc.Names()) {
			files = append(files, lockFile{name: name, kind: walk.Fcntl, create: true})
		}
	case cache.Rattler:
		// the lock of rattler's writers (acquire_global_lock in crates/rattler_cache)
		files = append(files, lockFile{name: meta.RattlerLock, kind: walk.Flock})
	}
	return files, nil
}

// ownLock returns the file by which one gclean locks out others. On Linux it is the mark of
// a conda or mamba cache. The mark exists even on a full disk, and a user who can only read
// the cache cannot lock it for writing. On other systems a lock on the mark would be lost
// when the mark is read and closed, or would keep others from reading it. There, and in
// caches without such a mark, gclean makes a file of its own. Only users with write access
// to the cache can open it.
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

// usualName is the usual name of a cache's folder.
const usualName = "pkgs"

// mambaLocks returns the names of the files by which libmamba may lock a cache. The name is
// <folder>/<name of the folder>.lock, with the folder's name in mamba's own configuration
// (LockFileOwner in libmamba/src/core/util.cpp). That may be the name of a symlink or of a
// mount. So the list has all known names of the folder, and the lock files that exist and
// belong to no entry. mamba before 1.0 had mamba.lock.
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
