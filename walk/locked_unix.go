//go:build unix

package walk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// IsLocked says whether a process holds a lock on the file at path: by fcntl,
// as mamba does, or by flock, as rattler does. What cannot be asked counts as
// held.
func IsLocked(path string) bool {
	const flags = unix.O_NOFOLLOW | unix.O_NONBLOCK
	f, err := os.OpenFile(path, os.O_RDWR|flags, 0)
	if errors.Is(err, fs.ErrPermission) {
		f, err = os.OpenFile(path, os.O_RDONLY|flags, 0) // that is enough to ask
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
	return false // closing unlocks
}

// isListed asks the list of locks that the system has about a file that cannot be
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
