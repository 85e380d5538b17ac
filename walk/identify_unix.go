//go:build unix

package walk

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// Identify returns the identity of what path leads to, symlinks followed.
func Identify(path string) (ID, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return ID{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return idOf(&st), nil
}
