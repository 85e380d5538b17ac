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

// lockPoll is how often to try a lock again that another process holds.
const lockPoll = 100 * time.Millisecond

// LockTimeoutError says that another process held a lock during the whole timeout.
type LockTimeoutError struct {
	Err     error // contains the path of the lock
	Timeout time.Duration
}

func (e *LockTimeoutError) Error() string { return e.Err.Error() }
func (e *LockTimeoutError) Unwrap() error { return e.Err }

// Waiting says how to wait for locks. The zero value does not wait.
type Waiting struct {
	// Timeout is how long a run waits for all its locks together. The time spent waiting is
	// subtracted from it.
	Timeout time.Duration
	// Told is called before gclean waits for a lock, with the path of the lock.
	Told func(path string)
	// Before is called before a lock file is made, as in Options.
	Before func(op, path string) error
}

// heldLock is a lock or a lease that this process holds.
type heldLock interface {
	Name() string
	Removes() bool   // whether Unlock removes the file
	Remove(yes bool) // sets Removes
	Unlock() error
}

// Locks are the locks of one cache, which keep others from changing it.
type Locks struct {
	dir   *walk.Dir
	held  []heldLock
	files map[string]bool  // names of the held lock files
	full  []lockFile       // lock files that a full disk had no room for
	own   map[walk.ID]bool // the argument of Lock, or nil
	ids   []walk.ID        // IDs that were added to own
	w     *Waiting
}

// Lock takes all locks of a cache: gclean's own, mamba's under every name of the cache, and
// rattler's. It waits for locks that another process holds. On a full disk it does without
// lock files that cannot be made. Nobody else can make them either, and a process that
// holds one already has it open. While the lock files are held, their IDs are in own,
// unless own is nil.
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

// Again takes the locks that a full disk had no room for before.
func (l *Locks) Again(ctx context.Context) (waited bool, err error) {
	files := l.full
	l.full = nil
	return l.take(ctx, files)
}

// Unlock releases all locks.
func (l *Locks) Unlock() {
	for _, lock := range l.held {
		if lock.Removes() && l.before("unlink", filepath.Join(l.dir.Path(), lock.Name())) != nil {
			lock.Remove(false)
		}
		_ = lock.Unlock() // closing the file releases the lock, and a remaining lock file is harmless
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
				lock.Remove(true) // even if another process created it
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

// try tries one lock once. It makes the file only if the file does not exist.
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

// lease takes the lease of the cache, and removes temporary files of killed runs that tried
// to take it.
func (l *Locks) lease(name string) (heldLock, error) {
	held, err := lease.Take(l.dir, name, lease.Self(time.Now()), l.before)
	if err != nil {
		return nil, err
	}
	items, err := l.dir.ReadDir()
	if err != nil {
		return held, nil // a later run removes them
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

// note adds the ID of the held lock file name to own.
func (l *Locks) note(name string) {
	l.files[name] = true
	st, err := l.dir.Lstat(name)
	if err != nil || l.own == nil {
		return // the file was removed, so the plan does not contain it
	}
	l.own[st.ID] = true
	l.ids = append(l.ids, st.ID)
}
