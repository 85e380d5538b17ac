package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"gclean/walk"
)

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 100 * time.Millisecond

// locks are what keeps others from changing a cache while gclean does.
type locks []*walk.Lock

func (l locks) unlock() {
	for _, lock := range l {
		_ = lock.Unlock() // closing unlocks; a lock file that stays is harmless
	}
}

// lockFiles are the lock files in a cache.
func lockFiles(dir *walk.Dir) []struct {
	name   string
	kind   walk.LockKind
	create bool
} {
	return []struct {
		name   string
		kind   walk.LockKind
		create bool
	}{
		// libmamba locks a folder by <folder>/<name of the folder>.lock
		// (LockFileOwner in libmamba/src/core/util.cpp), made for the purpose.
		{filepath.Base(dir.Path()) + ".lock", walk.Fcntl, true},
		// rattler's writers (acquire_global_lock in crates/rattler_cache).
		{".cache.lock", walk.Flock, false},
	}
}

// lockCache takes all locks of a cache: gclean's own, on the folder itself;
// mamba's; rattler's. One that is held by another is waited for, up to
// timeout; waiting is called once, before.
func lockCache(ctx context.Context, dir *walk.Dir, timeout time.Duration, waiting func(path string)) (held locks, waited bool, err error) {
	deadline := time.Now().Add(timeout)
	take := func(path string, try func() (*walk.Lock, error)) error {
		for {
			lock, err := try()
			switch {
			case err == nil:
				held = append(held, lock)
				return nil
			case errors.Is(err, walk.ErrNoLocks), errors.Is(err, fs.ErrNotExist):
				return nil
			case !errors.Is(err, walk.ErrLocked):
				return err
			case time.Now().After(deadline):
				return fmt.Errorf("%w; wait for it to end or give a longer --lock-timeout", err)
			}
			if !waited && waiting != nil {
				waiting(path)
			}
			waited = true
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(lockPoll):
			}
		}
	}
	own := func() (*walk.Lock, error) {
		lock, err := dir.LockDir()
		if errors.Is(err, walk.ErrNoLocks) {
			// NFS locks what is open for writing only, and a folder never is.
			lock, err = dir.LockFile(".gclean.lock", walk.Flock, true)
		}
		return lock, err
	}
	err = take(dir.Path(), own)
	for _, f := range lockFiles(dir) {
		if err == nil {
			err = take(filepath.Join(dir.Path(), f.name), func() (*walk.Lock, error) { return dir.LockFile(f.name, f.kind, f.create) })
		}
	}
	if err != nil {
		held.unlock()
		return nil, waited, err
	}
	return held, waited, nil
}
