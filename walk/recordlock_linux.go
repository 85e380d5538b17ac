package walk

import "golang.org/x/sys/unix"

// setRecordLock takes a lock that conflicts with the record locks of other
// processes, as mamba takes them, but is not lost when this process closes
// another handle of the file.
func setRecordLock(fd uintptr, lock *unix.Flock_t) error {
	return unix.FcntlFlock(fd, unix.F_OFD_SETLK, lock)
}

// getRecordLock puts into lock what stands in its way.
func getRecordLock(fd uintptr, lock *unix.Flock_t) error {
	return unix.FcntlFlock(fd, unix.F_OFD_GETLK, lock)
}
