package walk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

func (s sysdir) openOrCreate(name string, create bool) (f *os.File, created bool, err error) {
	const access = windows.FILE_GENERIC_READ | windows.FILE_GENERIC_WRITE
	f, err = s.regular(name, name, access, windows.FILE_OPEN)
	if errors.Is(err, fs.ErrNotExist) && create {
		f, err = s.regular(name, name, access, windows.FILE_CREATE)
		switch {
		case errors.Is(err, fs.ErrExist):
			f, err = s.regular(name, name, access, windows.FILE_OPEN)
		case errors.Is(err, fs.ErrNotExist):
			err = ErrLocked // its holder is about to release it
		default:
			created = err == nil
		}
	}
	return f, created, err
}

// isNamed reports whether f is the file at name.
func (s sysdir) isNamed(f *os.File, name string) bool {
	open, err := statOf(windows.Handle(f.Fd()), s.dev)
	if err != nil || open.Nlink == 0 {
		return false
	}
	named, err := s.lstat(name)
	return err == nil && open.ID == named.ID
}

// lockFile locks the whole of f, as rattler does; mamba locks byte 21 of it.
func (s sysdir) lockFile(f *os.File, _ LockKind) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, ^uint32(0), ^uint32(0), new(windows.Overlapped))
	switch err {
	case windows.ERROR_LOCK_VIOLATION, windows.ERROR_IO_PENDING:
		return ErrLocked
	case windows.ERROR_INVALID_FUNCTION, windows.ERROR_NOT_SUPPORTED:
		return ErrNoLocks
	}
	return err
}

// lockUnwritable fails: Windows does not tell who holds a file that this process may not
// write to.
func (d *Dir) lockUnwritable(string, LockKind) (*Lock, error) { return nil, fs.ErrPermission }

// IsLocked reports whether a process holds a lock on the file at path. If that cannot be
// told, it returns true.
func IsLocked(path string) bool {
	dir, err := Open(filepath.Dir(path))
	if err != nil {
		return true
	}
	defer dir.Close()
	lock, err := dir.LockFile(filepath.Base(path), Fcntl, false)
	if err != nil {
		return true
	}
	return lock.Unlock() != nil
}
