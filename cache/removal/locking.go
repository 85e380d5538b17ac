package removal

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"gclean/cache"
	"gclean/walk"
	"gclean/walk/lease"
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

// Waiting says how locks are waited for. The zero value waits for none.
type Waiting struct {
	// Timeout is how long all locks of a run are waited for, taken together. What
	// was waited is taken off it.
	Timeout time.Duration
	// Told is called before a lock is waited for, with what is locked.
	Told func(path string)
	// Before is asked before a lock file is made, as in Options.
	Before func(op, path string) error
}

// heldLock is a lock, or a lease.
type heldLock interface {
	Name() string
	Removes() bool   // Unlock removes its file
	Remove(yes bool) // sets that
	Unlock() error
}

// Locks are what keeps others from changing a cache while gclean does.
type Locks struct {
	dir   *walk.Dir
	held  []heldLock
	files map[string]bool  // names of the lock files among them
	full  []lockFile       // those that there was no room for
	own   map[walk.ID]bool // the set of Lock; nil for none
	ids   []walk.ID        // what was added to it
	w     *Waiting
}

// Lock takes all locks of a cache: gclean's own, mamba's by every name that the
// cache has, rattler's. One that is held by another is waited for. A lock file that
// cannot be made because the disk is full is gone without: nobody else can make it
// either, and who holds it already has it open. The lock files that are held are in
// own, unless it is nil, until they are unlocked.
func Lock(ctx context.Context, dir *walk.Dir, loc cache.Location, w *Waiting, own map[walk.ID]bool) (held *Locks, waited bool, err error) {
	held = &Locks{dir: dir, files: map[string]bool{}, own: own, w: w}
	files, err := lockFiles(dir, loc)
	if err == nil {
		waited, err = held.take(ctx, files)
	}
	if err != nil {
		held.Unlock()
	}
	return held, waited, err
}

// Again takes the locks that there was no room for before.
func (l *Locks) Again(ctx context.Context) (waited bool, err error) {
	files := l.full
	l.full = nil
	return l.take(ctx, files)
}

// Unlock gives all of them up.
func (l *Locks) Unlock() {
	for _, lock := range l.held {
		if lock.Removes() && l.before("unlink", filepath.Join(l.dir.Path(), lock.Name())) != nil {
			lock.Remove(false)
		}
		_ = lock.Unlock() // closing unlocks; a lock file that stays is harmless
	}
	l.held = nil
	for _, id := range l.ids {
		delete(l.own, id)
	}
	l.ids = nil
}

// take locks files, one after the other.
func (l *Locks) take(ctx context.Context, files []lockFile) (waited bool, err error) {
	for _, f := range files {
		once, err := l.takeOne(ctx, f)
		waited = waited || once
		if err != nil {
			return waited, err
		}
	}
	return waited, nil
}

func (l *Locks) takeOne(ctx context.Context, f lockFile) (waited bool, err error) {
	began := time.Now()
	asked := l.w.Timeout
	defer func() {
		if waited {
			l.w.Timeout = max(asked-time.Since(began), 0)
		}
	}()
	for {
		lock, err := l.try(f)
		switch {
		case err == nil:
			if f.name == cache.OwnLock {
				lock.Remove(true) // whoever left it
			}
			l.held = append(l.held, lock)
			l.note(f.name)
			return waited, nil
		case errors.Is(err, walk.ErrNoLocks), errors.Is(err, fs.ErrNotExist):
			return waited, nil
		case walk.IsFull(err):
			l.full = append(l.full, f)
			return waited, nil
		case !errors.Is(err, walk.ErrLocked):
			return waited, err
		case time.Since(began) >= asked:
			return waited, &LockTimeoutError{Err: err, Timeout: asked}
		}
		if !waited && l.w.Told != nil {
			l.w.Told(filepath.Join(l.dir.Path(), f.name))
		}
		waited = true
		select {
		case <-ctx.Done():
			return waited, ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

// try takes one lock, and makes its file only if there is none.
func (l *Locks) try(f lockFile) (heldLock, error) {
	if f.lease {
		return l.lease(f.name)
	}
	lock, err := l.dir.LockFile(f.name, f.kind, false)
	if !f.create || !errors.Is(err, fs.ErrNotExist) {
		return lock, err
	}
	if err := l.before("create", filepath.Join(l.dir.Path(), f.name)); err != nil {
		return nil, err
	}
	return l.dir.LockFile(f.name, f.kind, true)
}

// lease takes the lease of the cache, and removes what killed runs have left that were
// about to take it.
func (l *Locks) lease(name string) (heldLock, error) {
	held, err := lease.Take(l.dir, name, lease.Self(time.Now()), l.before)
	if err != nil {
		return nil, err
	}
	items, err := l.dir.ReadDir()
	if err != nil {
		return held, nil // a later run finds them
	}
	for _, it := range items {
		if lease.IsLeftover(it.Name, name) && l.before("unlink", filepath.Join(l.dir.Path(), it.Name)) == nil {
			_ = l.dir.Unlink(it.Name)
		}
	}
	return held, nil
}

func (l *Locks) before(op, path string) error {
	if l.w == nil || l.w.Before == nil {
		return nil
	}
	return l.w.Before(op, path)
}

// note adds the lock file name, which is held, to own.
func (l *Locks) note(name string) {
	l.files[name] = true
	st, err := l.dir.Lstat(name)
	if err != nil || l.own == nil {
		return // it lost its name: nobody asks for it
	}
	l.own[st.ID] = true
	l.ids = append(l.ids, st.ID)
}
