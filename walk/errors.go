package walk

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// Cause returns the error of the system inside err, without the path. Use it in messages
// that contain the path themselves.
func Cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Advise adds to an error of a removal what the user can do about it.
func Advise(err error) error {
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: the file system is mounted read-only", err)
	case errors.Is(err, syscall.EBUSY):
		// Mounted folders are detected earlier. Detecting a mounted file would need a
		// slower call for every file of a tree.
		return fmt.Errorf("%w: something is mounted at that path; unmount it with umount and run gclean again", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: run as its owner or as root; if it is immutable, lift that with chattr -i", err)
	}
	return err
}

// ErrStillOpen means that a removed file is still open in a process, on NFS. The client
// keeps the file under a temporary name until the process closes it, and until then its
// folder cannot be removed.
var ErrStillOpen = errors.New("a process still has it open")

// stillOpen returns ErrStillOpen for the error of unlinking such a temporary name of NFS,
// else err. The name is ".nfs" and the numbers of the file (nfs_sillyrename in
// fs/nfs/unlink.c of Linux).
func stillOpen(name string, err error) error {
	number, silly := strings.CutPrefix(name, ".nfs")
	if silly && errors.Is(err, syscall.EBUSY) && len(number) >= 16 && strings.Trim(number, "0123456789abcdef") == "" {
		return ErrStillOpen
	}
	return err
}

// IsFull reports whether err means that a file system has no room for something new. It
// lacks a block, an inode, quota, or a place in a folder. Removing files may still work,
// and makes room.
func IsFull(err error) bool { return err != nil && isFull(err) }
