//go:build unix

package walk

import (
	"errors"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Real is path without symlinks in it.
func Real(path string) (string, error) { return filepath.EvalSymlinks(path) }

// IsRoot says whether d is the root of the file system.
func (d *Dir) IsRoot() bool {
	id, err := Identify("/")
	return err == nil && id == d.ID()
}

// unreachable is false: no error of Unix that says so is fs.ErrNotExist.
func unreachable(error) bool { return false }

// missingVolume is "": Unix has none.
func missingVolume(string) string { return "" }

// loops says that the system found symlinks that go round in a circle.
func loops(err error) bool { return errors.Is(err, unix.ELOOP) }

func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EMLINK)
}
