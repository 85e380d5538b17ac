//go:build unix

package walk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reopen opens the folder once more, as a file to be locked.
func (s sysdir) reopen(path string) (*os.File, error) {
	fd, err := s.open(".")
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

func (s sysdir) openOrCreate(name string, create bool) (f *os.File, created bool, err error) {
	const flags = unix.O_RDWR | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	open := func(more int) (int, error) {
		return retry(func() (int, error) { return unix.Openat(int(s), name, flags|more, 0o644) })
	}
	fd, err := open(0)
	if err == unix.ENOENT && create {
		if fd, err = open(unix.O_CREAT | unix.O_EXCL); err == unix.EEXIST {
			if fd, err = open(0); err == unix.ENOENT {
				err = ErrLocked // its holder has let it go, and another may have it
			}
		} else {
			created = err == nil
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

// isNamed says whether f is what is at name.
func (s sysdir) isNamed(f *os.File, name string) bool {
	var open, named unix.Stat_t
	return unix.Fstat(int(f.Fd()), &open) == nil && open.Nlink > 0 &&
		unix.Fstatat(int(s), name, &named, unix.AT_SYMLINK_NOFOLLOW) == nil && idOf(&open) == idOf(&named)
}

func lockFile(f *os.File, kind LockKind) error {
	var err error
	if kind == Flock {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	} else {
		err = setRecordLock(f.Fd(), &unix.Flock_t{Type: unix.F_WRLCK})
	}
	switch err {
	case unix.EWOULDBLOCK, unix.EACCES:
		return ErrLocked
	case unix.ENOLCK, unix.EOPNOTSUPP, unix.EBADF, unix.EINVAL, unix.ENOSYS:
		return ErrNoLocks // NFS wants EBADF understood: no write access, no lock
	}
	return err
}

// IsLocked says whether a process holds a lock on the file at path: by fcntl,
// as mamba does, or by flock, as rattler does. What cannot be asked counts as
// held.
func IsLocked(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return true
	}
	defer f.Close()
	want := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &want); err != nil || want.Type != unix.F_UNLCK {
		return true
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return true
	}
	return false // closing unlocks
}
