package walk

import "golang.org/x/sys/unix"

// setRecordLock takes a lock that conflicts with the record locks of other processes, such
// as mamba's. Unlike those, it is not lost when this process closes another handle of the
// file.
func setRecordLock(fd uintptr, lock *unix.Flock_t) error {
	return unix.FcntlFlock(fd, unix.F_OFD_SETLK, lock)
}

// getRecordLock sets lock to the lock that prevents it, if there is one.
func getRecordLock(fd uintptr, lock *unix.Flock_t) error {
	return unix.FcntlFlock(fd, unix.F_OFD_GETLK, lock)
}
