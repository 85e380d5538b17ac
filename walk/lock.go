package walk

import (
	"errors"
	"io/fs"
	"os"
)

// ErrLocked means that another process holds a lock.
var ErrLocked = errors.New("locked by another process")

// ErrNoLocks means that the file system does not support the kind of lock.
var ErrNoLocks = errors.New("the file system has no such locks")

// LockKind is the system call that makes a lock. Locks of different kinds do not exclude
// each other.
type LockKind int

// The kinds.
const (
	Flock LockKind = iota // flock(2), as rattler uses
	Fcntl                 // fcntl(2) record locks, as mamba uses
)

// Lock is a lock that is held until Unlock.
type Lock struct {
	f       *os.File // nil if the file cannot be locked, but nobody holds it
	dir     *Dir
	name    string
	removes bool
}

// Name returns the name of the lock file.
func (l *Lock) Name() string { return l.name }

// Removes reports whether Unlock removes the lock file. That is the case if LockFile
// created it.
func (l *Lock) Removes() bool { return l.removes }

// Remove sets whether Unlock removes the lock file.
func (l *Lock) Remove(yes bool) { l.removes = yes && l.f != nil }

// LockFile locks the file name in d, without waiting, against everybody who may write to d.
// Users who can only read d cannot block it, as far as the system can tell who holds a
// lock. With create it creates a missing file, for the users who may write to d, and Unlock
// removes it. Without create a missing file is an error.
//
// A symlink is an error. The error is ErrLocked if another process holds the lock. It is
// also ErrLocked if the file was removed or replaced before it was locked, as mamba does
// when it unlocks.
func (d *Dir) LockFile(name string, kind LockKind, create bool) (*Lock, error) {
	if err := checkName(name); err != nil {
		return nil, d.fail("lock", name, err)
	}
	f, created, err := d.sys.openOrCreate(name, create)
	if errors.Is(err, fs.ErrPermission) {
		// Another user left it, with a mode that does not let this process write.
		l, uerr := d.lockUnwritable(name, kind)
		if errors.Is(uerr, fs.ErrNotExist) {
			uerr = err // it does not exist and cannot be created
		}
		return l, d.fail("lock", name, uerr)
	}
	if err != nil {
		return nil, d.fail("lock", name, err)
	}
	l, err := d.lockOpen(f, name, kind, created)
	return l, d.fail("lock", name, err)
}

// AskLock returns ErrLocked if another process has the lock that LockFile would take. It opens
// the file for reading if that is enough: to open a file of a lower layer of overlayfs for
// writing would copy it. NFS needs more than that for flock(2).
func (d *Dir) AskLock(name string, kind LockKind) error {
	if err := checkName(name); err != nil {
		return d.fail("lock", name, err)
	}
	l, err := d.lockUnwritable(name, kind)
	if errors.Is(err, ErrNoLocks) || errors.Is(err, fs.ErrPermission) {
		l, err = d.LockFile(name, kind, false)
	}
	if err != nil {
		return d.fail("lock", name, Cause(err))
	}
	return l.Unlock()
}

// lockOpen locks f, which was opened as name. If that fails, it closes f.
func (d *Dir) lockOpen(f *os.File, name string, kind LockKind, created bool) (*Lock, error) {
	err := d.sys.lockFile(f, kind)
	if err == nil && !d.sys.isNamed(f, name) {
		err = ErrLocked
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{f: f, dir: d, name: name, removes: created}, nil
}

// Unlock releases the lock.
func (l *Lock) Unlock() error {
	if l.f == nil {
		return nil
	}
	var err error
	if l.removes {
		// Remove it while it is held. A process that waits for the lock then gets a file
		// without a name, as it does when mamba unlocks.
		err = l.dir.Unlink(l.name)
	}
	return errors.Join(err, l.f.Close())
}
