package open

import (
	"errors"
	"os"

	"gclean/walk/mounts"

	"golang.org/x/sys/unix"
)

// HoldOffWriters keeps every other process from opening f, a file open for reading, for
// writing. Such a process waits until release is called, so the caller must do that soon.
// The error is ErrBeingWritten if a process already has f open for writing. Any other error
// means that it cannot be told. That happens on file systems that other hosts can write to,
// and for another user's file if this process lacks the right (fcntl(2), F_SETLEASE).
func HoldOffWriters(f *os.File) (release func(), err error) {
	fd := int(f.Fd())
	switch kind, err := mounts.KindOfFile(fd); {
	case err != nil:
		return nil, err
	case kind != mounts.Local:
		return nil, errors.ErrUnsupported
	}
	switch _, err := unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_RDLCK); err {
	case nil:
		return func() { _, _ = unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_UNLCK) }, nil // closing f releases it too
	case unix.EAGAIN:
		return nil, ErrBeingWritten
	default:
		return nil, err
	}
}
