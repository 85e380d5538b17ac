package walk

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
)

// Real returns path without symlinks and junctions; filepath.EvalSymlinks keeps junctions.
func Real(path string) (string, error) {
	h, err := openHandle(path, windows.FILE_READ_ATTRIBUTES)
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer windows.CloseHandle(h)
	final, err := finalPath(h)
	if err != nil {
		// Not every driver supports this. The error does not mean that path does not exist.
		return filepath.EvalSymlinks(path)
	}
	real := windows.UTF16ToString(final)
	rest, ok := strings.CutPrefix(real, `\\?\`)
	switch share, isShare := strings.CutPrefix(rest, `UNC\`); {
	case ok && isShare:
		return `\\` + share, nil
	case ok && len(rest) > 1 && rest[1] == ':':
		return rest, nil
	}
	return real, nil // on a volume without a letter
}

// IsRoot reports whether d is the root of a volume.
func (d *Dir) IsRoot() bool {
	path, err := Real(d.path)
	if err != nil {
		return false
	}
	id, err := Identify(filepath.VolumeName(path) + `\`)
	return err == nil && id == d.ID()
}

// loops reports whether err is the system's error for a symlink loop.
func loops(err error) bool {
	return errors.Is(err, syscall.ELOOP) || errors.Is(err, windows.ERROR_CANT_RESOLVE_FILENAME)
}

// unreachable reports whether err means that a server does not answer; Go counts that as
// fs.ErrNotExist.
func unreachable(err error) bool { return errors.Is(err, windows.ERROR_BAD_NETPATH) }

// missingVolume returns the drive or share of path if its root cannot be opened, else "". A
// permission error means that it exists.
func missingVolume(path string) string {
	volume := filepath.VolumeName(path)
	if volume == "" {
		return ""
	}
	h, err := openHandle(volume+`\`, windows.FILE_READ_ATTRIBUTES)
	switch {
	case err == nil:
		windows.CloseHandle(h)
		return ""
	case errors.Is(err, fs.ErrPermission):
		return ""
	}
	return volume
}

// isFull accepts ENOSPC too, so that tests can inject the same fault on every system.
func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED) || errors.Is(err, syscall.ENOSPC)
}
