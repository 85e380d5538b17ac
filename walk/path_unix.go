//go:build unix

package walk

import (
	"errors"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Real returns path without symlinks.
func Real(path string) (string, error) { return filepath.EvalSymlinks(path) }

// IsRoot reports whether d is the root of the file system.
func (d *Dir) IsRoot() bool {
	id, err := Identify("/")
	return err == nil && id == d.ID()
}

// unreachable returns false: on Unix, errors of an unreachable file system are never
// fs.ErrNotExist.
func unreachable(error) bool { return false }

// missingVolume returns "": Unix has no volumes.
func missingVolume(string) string { return "" }

// loops reports whether err is the system's error for a symlink loop.
func loops(err error) bool { return errors.Is(err, unix.ELOOP) }

func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EMLINK)
}
