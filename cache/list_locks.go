package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/walk"
)

// isLock reports whether name is a lock file of mamba (libmamba/src/api/clean.cpp). Such a
// file is named after another name beside it, or after the folder that it is in.
func isLock(name string, all []walk.Item, folder string) bool {
	base, ok := strings.CutSuffix(name, ".lock")
	if !ok {
		return false
	}
	if base == folder {
		return true
	}
	for _, it := range all {
		if it.Name == base {
			return true
		}
	}
	return false
}

// lockDepth is how many levels of an index cache have lock files: mamba 2.6 locks cache/
// and cache/shards/.
const lockDepth = 2

// locksBelow lists the lock files in an index cache.
func (l *lister) locksBelow(name string) error {
	sub, err := l.Dir.OpenBelow(name)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil // it will be reported with the index cache itself
		}
		return err
	}
	defer sub.Close()
	items, err := sub.ReadDir()
	if err != nil {
		return err
	}
	for _, it := range items {
		rel := name + "/" + it.Name
		switch {
		case it.IsDir() && strings.Count(rel, "/") < lockDepth:
			if err := l.locksBelow(rel); err != nil {
				return err
			}
		case it.Type.IsRegular() && strings.HasSuffix(it.Name, ".lock"):
			l.add(Locks, rel, it.Stat)
		}
	}
	return nil
}

// oldMambaLock is the lock file of mamba before 1.0, in the root prefix and in caches.
const oldMambaLock = "mamba.lock"

// condaLock matches the locks of conda before 4.4, which lock by existing. Most end with
// the PID of their process: files <name>.pid<PID>.conda_lock beside the locked file or in
// the locked folder (FileLock and DirectoryLock in conda/lock.py). Before conda 4.1 they
// were empty folders .conda_lock-<PID>.
var condaLock = regexp.MustCompile(`^(?:.+\.pid(\d+)\.conda_lock|\.conda_lock(?:-(\d+))?|.+\.conda_lock)$`)

// condaLockOf reports whether name is a lock of conda, and returns the PID in it, or 0 if
// there is no PID.
func condaLockOf(name string) (pid int, ok bool) {
	m := condaLock.FindStringSubmatch(name)
	if m == nil {
		return 0, false
	}
	pid, err := strconv.Atoi(m[1] + m[2])
	if err != nil {
		pid = 0
	}
	return pid, true
}

// isOldLock reports whether it, an item of dir, is a lock that today's tools no longer
// make. A folder is one only if it is empty, as conda's are.
func isOldLock(dir *walk.Dir, it walk.Item) bool {
	_, conda := condaLockOf(it.Name)
	switch {
	case it.Type.IsRegular():
		return conda || it.Name == oldMambaLock
	case !conda || !it.IsDir():
		return false
	}
	return below(dir, it.Name, func(sub *walk.Dir) bool {
		items, err := sub.ReadDir()
		return err == nil && len(items) == 0
	})
}

// locked returns what keeps a lock: somebody holds it by a system call, or the process
// named in it may still run.
func (s *Survey) locked(e *candidate) []hold.Hold {
	if pid, ok := condaLockOf(path.Base(e.Name)); ok {
		if err := s.watch.MayRun(pid, e.Dir, s.fsKindOf(e.Dir)); err != nil {
			return []hold.Hold{{Reason: LockHeld, Err: err}}
		}
		return nil
	}
	// Many systems drop all of a process's locks on a file when it closes any handle of the
	// file. So do not open the lock files that this run holds itself.
	if s.o.Own[e.Stat.ID] || walk.IsLocked(e.Path()) {
		return []hold.Hold{{Reason: LockHeld}}
	}
	return nil
}

// Locked returns a walk.ErrLocked if a process has locked a file of the entry e, which is in
// dir. Such a process may hold no lock of the whole cache:
//
//   - Some versions of rattler lock the metadata file of a package while they read or link
//     it (CacheRwLock in rattler_cache/src/package_cache/cache_lock.rs).
//   - All tools lock a file in the index cache while they download an index: mamba
//     cache/cache.lock, rattler <hash>.lock, conda <hash>.info.json
//     (conda/gateways/disk/lock.py).
func Locked(dir *walk.Dir, e *Entry) error {
	for _, name := range e.Also {
		if isLockOfRattler(name) {
			if err := lockedFile(dir, name); err != nil {
				return err
			}
		}
	}
	if isIndexCache(e) {
		return lockedIndex(dir, path.Base(e.Name), lockDepth)
	}
	return nil
}

// lockable says whether Locked looks at any file of e.
func lockable(e *Entry) bool { return isIndexCache(e) || slices.ContainsFunc(e.Also, isLockOfRattler) }

func isLockOfRattler(name string) bool { return strings.HasSuffix(name, ".lock") }

func isIndexCache(e *Entry) bool {
	base := path.Base(e.Name)
	return e.Stat.Mode.IsDir() && (base == indexCacheDir || base == repodataDir)
}

// lockedIndex is Locked for the folder name in dir and the folders in it, to the depth.
func lockedIndex(dir *walk.Dir, name string, depth int) error {
	sub, err := dir.OpenDir(name)
	if err != nil {
		return nil // it cannot be removed either, or it is gone
	}
	defer sub.Close()
	items, err := sub.ReadDir()
	if err != nil {
		return nil
	}
	for _, it := range items {
		switch {
		case it.IsDir() && depth > 1:
			err = lockedIndex(sub, it.Name, depth-1)
		case it.Type.IsRegular() && (strings.HasSuffix(it.Name, ".lock") || strings.HasSuffix(it.Name, ".info.json")):
			err = lockedFile(sub, it.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lockedFile returns a walk.ErrLocked if a process has locked the file name in dir.
func lockedFile(dir *walk.Dir, name string) error {
	for _, kind := range []walk.LockKind{walk.Flock, walk.Fcntl} {
		if err := dir.AskLock(name, kind); errors.Is(err, walk.ErrLocked) {
			return err
		}
	}
	return nil
}

// searchLocks lists old locks in the root prefix, which is neither a cache nor searched for
// temp files.
func (s *Survey) searchLocks(context.Context) error {
	config := s.o.Discovery.Config
	if !s.plan.Has(Locks) || s.plan.Has(PkgsDirs) || config == nil || config.RootPrefix.Path == "" {
		return nil
	}
	root := config.RootPrefix.Path
	dir, err := walk.Open(root)
	if walk.IsGone(err) {
		return nil
	}
	var items []walk.Item
	if err == nil {
		defer dir.Close()
		if dir.Writable() != nil {
			return nil // nothing can be removed from it, as with a read-only cache
		}
		items, err = dir.ReadDir()
	}
	if err != nil {
		s.problem(meta.Problem{Code: CodeNotSearched, Path: root, Err: fmt.Errorf("%s: not searched for locks: %w", root, walk.Cause(err))})
		return nil
	}
	for _, it := range items {
		if !isOldLock(dir, it) {
			continue
		}
		e := &candidate{
			Entry:  Entry{Category: Locks, Dir: root, Name: it.Name, Stat: it.Stat, Newest: it.Stat.Ctime},
			wanted: true,
		}
		if !it.IsDir() {
			e.Usage = walk.Usage{Files: 1, Apparent: it.Stat.Size, Disk: it.Stat.Disk, Inodes: 1}
		}
		s.entries = append(s.entries, e)
	}
	return nil
}
