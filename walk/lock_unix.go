//go:build unix

package walk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

func (s sysdir) openOrCreate(name string, create bool) (f *os.File, created bool, err error) {
	const flags = unix.O_RDWR | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	open := func(more int) (int, error) {
		return retry(func() (int, error) { return unix.Openat(int(s), name, flags|more, 0o600) })
	}
	fd, err := open(0)
	if err == unix.ENOENT && create {
		if fd, err = open(unix.O_CREAT | unix.O_EXCL); err == unix.EEXIST {
			if fd, err = open(0); err == unix.ENOENT {
				err = ErrLocked // its holder has released it, and another process may hold it now
			}
		} else {
			created = err == nil
		}
	}
	if created {
		if err = s.share(fd, writersOnly); err != nil {
			unix.Close(fd)
			return nil, false, errors.Join(err, s.unlink(name))
		}
	}
	if err != nil {
		return nil, false, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		unix.Close(fd)
		return nil, false, errors.Join(err, errors.New("not a regular file"))
	}
	return os.NewFile(uintptr(fd), name), created, nil
}

// isNamed reports whether f is the file at name.
func (s sysdir) isNamed(f *os.File, name string) bool {
	var open, named unix.Stat_t
	return unix.Fstat(int(f.Fd()), &open) == nil && open.Nlink > 0 &&
		unix.Fstatat(int(s), name, &named, unix.AT_SYMLINK_NOFOLLOW) == nil && idOf(&open) == idOf(&named)
}

// lockFile locks f, which is in s. It ignores flocks of processes that can only read s,
// because a tool that changes s opens its lock file for writing.
func (s sysdir) lockFile(f *os.File, kind LockKind) error {
	var err error
	if kind == Flock {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	} else {
		err = lockRecord(f.Fd())
	}
	switch err {
	case unix.EWOULDBLOCK, unix.EACCES:
		if kind == Flock && s.onlyReadersLock(f) {
			return nil
		}
		return ErrLocked
	case unix.ENOLCK, unix.EOPNOTSUPP, unix.EBADF, unix.EINVAL, unix.ENOSYS:
		return ErrNoLocks // NFS returns EBADF for a write lock on a file opened for reading only
	}
	return err
}

// lockRecord takes a write lock. If other processes have only read locks, or fd is open for
// reading only, it takes a read lock. That keeps out processes that want to write, as mamba
// does. Read locks of others are no obstacle, since everybody who can read the file can
// take one.
func lockRecord(fd uintptr) error {
	err := setRecordLock(fd, &unix.Flock_t{Type: unix.F_WRLCK})
	switch err {
	case unix.EWOULDBLOCK, unix.EACCES, unix.EBADF:
		if rerr := setRecordLock(fd, &unix.Flock_t{Type: unix.F_RDLCK}); rerr == nil || err == unix.EBADF {
			return rerr
		}
	}
	return err
}

// lockUnwritable locks the file name, which this process may not write to. It takes a read
// lock, which keeps out processes that want to write. If the file cannot even be read, it
// looks in the system's list of locks. If nobody holds the file, it returns an empty Lock.
func (d *Dir) lockUnwritable(name string, kind LockKind) (*Lock, error) {
	f, err := d.sys.openFile(name, name)
	if err == nil {
		return d.lockOpen(f, name, kind, false)
	}
	st, serr := d.sys.lstat(name)
	if serr != nil || !st.Mode.IsRegular() {
		return nil, err
	}
	switch held, lerr := d.sys.locksOf(st.ID); {
	case lerr != nil:
		return nil, err
	case len(held) > 0:
		return nil, ErrLocked
	}
	return &Lock{}, nil
}

// IsLocked reports whether a process holds a lock on the file at path: by fcntl, as mamba
// does, or by flock, as rattler does. If that cannot be told, it returns true.
func IsLocked(path string) bool {
	const flags = unix.O_NOFOLLOW | unix.O_NONBLOCK
	f, err := os.OpenFile(path, os.O_RDWR|flags, 0)
	if errors.Is(err, fs.ErrPermission) {
		f, err = os.OpenFile(path, os.O_RDONLY|flags, 0) // reading is enough to ask
	}
	if errors.Is(err, fs.ErrPermission) {
		return isListed(path)
	}
	if err != nil {
		return true
	}
	defer f.Close()
	want := unix.Flock_t{Type: unix.F_WRLCK}
	if err := getRecordLock(f.Fd(), &want); err != nil || want.Type != unix.F_UNLCK {
		return true
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return true
	}
	return false // closing f releases the lock
}

// isListed reports whether the system's list of locks contains a file that cannot be
// opened.
func isListed(path string) bool {
	dir, err := Open(filepath.Dir(path))
	if err != nil {
		return true
	}
	defer dir.Close()
	st, err := dir.Lstat(filepath.Base(path))
	if err != nil {
		return true
	}
	held, err := dir.sys.locksOf(st.ID)
	return err != nil || len(held) > 0
}
