//go:build unix

package walk

import (
	"os"

	"golang.org/x/sys/unix"
)

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
