package walk

import (
	"errors"
	"os"
)

// ErrLocked says that another process holds a lock.
var ErrLocked = errors.New("locked by another process")

// ErrNoLocks says that the file system has no locks of the kind asked for.
var ErrNoLocks = errors.New("the file system has no such locks")

// LockKind is the family of system calls a lock is made with: locks of
// different kinds do not see each other.
type LockKind int

// The kinds.
const (
	Flock LockKind = iota // flock(2): rattler's
	Fcntl                 // fcntl(2) record locks: mamba's
)

// Lock is a lock that is held until Unlock.
type Lock struct {
	f       *os.File
	dir     *Dir
	created string // a lock file that was not there before, to be removed
}

// LockDir takes an exclusive lock on the folder itself, without waiting. The
// error is ErrLocked or ErrNoLocks, or another of the system.
func (d *Dir) LockDir() (*Lock, error) {
	f, err := d.sys.reopen(d.path)
	if err != nil {
		return nil, d.fail("lock", "", err)
	}
	if err := lockFile(f, Flock); err != nil {
		f.Close()
		return nil, d.fail("lock", "", err)
	}
	return &Lock{f: f}, nil
}

// LockFile takes an exclusive lock on the file name in d, without waiting.
// With create a missing file is made, and removed by Unlock; else it is an
// error. A symlink is an error. The error is ErrLocked too where the file was
// removed or replaced before it was locked, as mamba does when it unlocks.
func (d *Dir) LockFile(name string, kind LockKind, create bool) (*Lock, error) {
	if err := checkName(name); err != nil {
		return nil, d.fail("lock", name, err)
	}
	f, created, err := d.sys.openOrCreate(name, create)
	if err != nil {
		return nil, d.fail("lock", name, err)
	}
	return d.lockOpen(f, name, kind, created)
}

// lockOpen locks f, which was opened as name, and closes it on an error.
func (d *Dir) lockOpen(f *os.File, name string, kind LockKind, created bool) (*Lock, error) {
	err := lockFile(f, kind)
	if err == nil && !d.sys.isNamed(f, name) {
		err = ErrLocked
	}
	if err != nil {
		f.Close()
		return nil, d.fail("lock", name, err)
	}
	l := &Lock{f: f, dir: d}
	if created {
		l.created = name
	}
	return l, nil
}

// Unlock gives the lock up.
func (l *Lock) Unlock() error {
	var err error
	if l.created != "" {
		// While it is held: whoever waits for it gets a file without a name,
		// and that is how mamba leaves it too.
		err = l.dir.Unlink(l.created)
	}
	return errors.Join(err, l.f.Close())
}
