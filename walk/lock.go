package walk

import (
	"errors"
	"io/fs"
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
	f       *os.File // nil if nobody holds the file, and it cannot be locked
	dir     *Dir
	name    string
	removes bool
}

// Name is the name of the lock file.
func (l *Lock) Name() string { return l.name }

// Removes says whether Unlock removes the lock file: it was not there before.
func (l *Lock) Removes() bool { return l.removes }

// Remove sets whether Unlock removes the lock file.
func (l *Lock) Remove(yes bool) { l.removes = yes && l.f != nil }

// LockFile takes a lock on the file name in d, without waiting, that keeps out
// everybody who may write to d. Who can only read d cannot stand in its way, as far
// as the system tells. With create a missing file is made, for those who may write
// to d, and removed by Unlock; else it is an error. A symlink is an error. The error is ErrLocked too where the file was
// removed or replaced before it was locked, as mamba does when it unlocks.
func (d *Dir) LockFile(name string, kind LockKind, create bool) (*Lock, error) {
	if err := checkName(name); err != nil {
		return nil, d.fail("lock", name, err)
	}
	f, created, err := d.sys.openOrCreate(name, create)
	if errors.Is(err, fs.ErrPermission) {
		// Left by another user, whose mode keeps us from writing to it.
		l, uerr := d.lockUnwritable(name, kind)
		if errors.Is(uerr, fs.ErrNotExist) {
			uerr = err // it is not there, and cannot be made
		}
		return l, d.fail("lock", name, uerr)
	}
	if err != nil {
		return nil, d.fail("lock", name, err)
	}
	l, err := d.lockOpen(f, name, kind, created)
	return l, d.fail("lock", name, err)
}

// lockOpen locks f, which was opened as name, and closes it on an error.
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

// Unlock gives the lock up.
func (l *Lock) Unlock() error {
	if l.f == nil {
		return nil
	}
	var err error
	if l.removes {
		// While it is held: whoever waits for it gets a file without a name,
		// and that is how mamba leaves it too.
		err = l.dir.Unlink(l.name)
	}
	return errors.Join(err, l.f.Close())
}
