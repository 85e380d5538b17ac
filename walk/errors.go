package walk

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// Cause is err without the path in it: the bare error of the system, for messages
// that name the path themselves.
func Cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Advise adds to an error of a removal what can be done about it.
func Advise(err error) error {
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: the file system is mounted read-only", err)
	case errors.Is(err, syscall.EBUSY):
		// Folders that are mounted are seen before; a file costs a slower call for
		// every file of a tree to be told.
		return fmt.Errorf("%w: something is mounted at that path; unmount it with umount and run gclean again", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: run as its owner or as root; if it is immutable, lift that with chattr -i", err)
	}
	return err
}

// ErrStillOpen says that a file was removed while a process has it open, on NFS: the
// client keeps it under a name of its own until the process closes it, and so long its
// folder stays.
var ErrStillOpen = errors.New("a process still has it open")

// stillOpen makes ErrStillOpen of the error of unlinking what NFS calls a file that is
// open, ".nfs" and the numbers of the file (nfs_sillyrename in fs/nfs/unlink.c of Linux).
func stillOpen(name string, err error) error {
	number, silly := strings.CutPrefix(name, ".nfs")
	if silly && errors.Is(err, syscall.EBUSY) && len(number) >= 16 && strings.Trim(number, "0123456789abcdef") == "" {
		return ErrStillOpen
	}
	return err
}

// IsFull says that a file system has no room for something new: no block, no
// inode, no quota, or no place in a folder. Removing what is there may still
// work, and makes room.
func IsFull(err error) bool { return err != nil && isFull(err) }
