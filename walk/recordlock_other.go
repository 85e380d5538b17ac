//go:build unix && !linux

package walk

import "golang.org/x/sys/unix"

func setRecordLock(fd uintptr, lock *unix.Flock_t) error {
	return unix.FcntlFlock(fd, unix.F_SETLK, lock)
}

func getRecordLock(fd uintptr, lock *unix.Flock_t) error {
	return unix.FcntlFlock(fd, unix.F_GETLK, lock)
}
