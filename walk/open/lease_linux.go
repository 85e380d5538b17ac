package open

import (
	"errors"
	"os"

	"gclean/walk/mounts"

	"golang.org/x/sys/unix"
)

// HoldOffWriters keeps every other process from opening f, a file open for
// reading, to write to it: such a process waits until release is called, so that
// must be soon. The error is ErrBeingWritten if one has it open already, else that
// it cannot be told: on file systems that other hosts write to, and where the
// file is another user's and the process may not (fcntl(2), F_SETLEASE).
func HoldOffWriters(f *os.File) (release func(), err error) {
	fd := int(f.Fd())
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return nil, err
	}
	if mounts.KindOf(mounts.TypeOf(uint32(st.Type))) != mounts.Local {
		return nil, errors.ErrUnsupported
	}
	switch _, err := unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_RDLCK); err {
	case nil:
		return func() { _, _ = unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_UNLCK) }, nil // closing does it too
	case unix.EAGAIN:
		return nil, ErrBeingWritten
	default:
		return nil, err
	}
}
