package removal

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"gclean/cache"
	"gclean/meta"
	"gclean/walk"
)

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 100 * time.Millisecond

// LockTimeoutError says that somebody else held a lock for as long as it was
// waited for.
type LockTimeoutError struct {
	Err     error // names the lock
	Timeout time.Duration
}

func (e *LockTimeoutError) Error() string { return e.Err.Error() }
func (e *LockTimeoutError) Unwrap() error { return e.Err }

// Locks are what keeps others from changing a cache while gclean does.
type Locks struct {
	held  []*walk.Lock
	files map[string]bool  // names of the lock files among them
	own   map[walk.ID]bool // the set of Lock; nil for none
	ids   []walk.ID        // what was added to it
}

// Unlock gives all of them up.
func (l *Locks) Unlock() {
	for _, lock := range l.held {
		_ = lock.Unlock() // closing unlocks; a lock file that stays is harmless
	}
	l.held = nil
	for _, id := range l.ids {
		delete(l.own, id)
	}
	l.ids = nil
}

// note adds the lock file name, which is held, to own.
func (l *Locks) note(dir *walk.Dir, name string) {
	st, err := dir.Lstat(name)
	if err != nil || l.own == nil {
		return // it lost its name: nobody asks for it
	}
	l.own[st.ID] = true
	l.ids = append(l.ids, st.ID)
}

// lockFile is a file that a tool locks when it changes a cache.
type lockFile struct {
	name   string
	kind   walk.LockKind
	create bool // the tool makes it for the purpose
}

// lockFiles are the lock files of the tools that use a cache.
func lockFiles(dir *walk.Dir, family cache.Family) []lockFile {
	switch family {
	case cache.Conda, cache.Mamba:
		// libmamba locks a folder by <folder>/<name of the folder>.lock
		// (LockFileOwner in libmamba/src/core/util.cpp).
		return []lockFile{{filepath.Base(dir.Path()) + ".lock", walk.Fcntl, true}}
	case cache.Rattler:
		// rattler's writers (acquire_global_lock in crates/rattler_cache).
		return []lockFile{{meta.RattlerLock, walk.Flock, false}}
	}
	return nil
}

// Lock takes all locks of a cache: gclean's own, on the folder itself;
// mamba's; rattler's. One that is held by another is waited for, up to
// timeout; waiting is called once, before. The lock files that are held are in
// own, unless it is nil, until they are unlocked.
func Lock(ctx context.Context, dir *walk.Dir, family cache.Family, timeout time.Duration, waiting func(path string), own map[walk.ID]bool) (held *Locks, waited bool, err error) {
	held = &Locks{files: map[string]bool{}, own: own}
	deadline := time.Now().Add(timeout)
	take := func(path string, try func() (*walk.Lock, error)) error {
		for {
			lock, err := try()
			switch {
			case err == nil:
				held.held = append(held.held, lock)
				return nil
			case errors.Is(err, walk.ErrNoLocks), errors.Is(err, fs.ErrNotExist):
				return nil
			case !errors.Is(err, walk.ErrLocked):
				return err
			case time.Now().After(deadline):
				return &LockTimeoutError{Err: err, Timeout: timeout}
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
	ofGclean := func() (*walk.Lock, error) {
		lock, err := dir.LockDir()
		if errors.Is(err, walk.ErrNoLocks) {
			// NFS locks what is open for writing only, and a folder never is.
			lock, err = dir.LockFile(cache.OwnLock, walk.Flock, true)
		}
		return lock, err
	}
	err = take(dir.Path(), ofGclean)
	for _, f := range lockFiles(dir, family) {
		if err == nil {
			held.files[f.name] = true
			err = take(filepath.Join(dir.Path(), f.name), func() (*walk.Lock, error) {
				lock, err := dir.LockFile(f.name, f.kind, f.create)
				if err == nil {
					held.note(dir, f.name)
				}
				return lock, err
			})
		}
	}
	if err != nil {
		held.Unlock()
	}
	return held, waited, err
}
