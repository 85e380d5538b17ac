package walk

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// IsGone reports whether err means that nothing exists at a path. An unreachable drive or
// server does not mean that.
func IsGone(err error) bool {
	return (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) && !unreachable(err)
}

// ErrNoVolume means that the drive or share of a path is missing, so the path may still
// exist.
var ErrNoVolume = errors.New("cannot be reached")

// Reached returns err, the error of opening path, unless the drive of path is missing. Then
// it returns ErrNoVolume with the name of the drive. Windows reports that nothing exists
// when a disk is unplugged, or when a drive is mapped only for another session.
func Reached(path string, err error) error {
	if err == nil || !IsGone(err) {
		return err
	}
	if volume := missingVolume(path); volume != "" {
		return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("the drive or share %s %w", volume, ErrNoVolume)}
	}
	return err
}

// IsLoop reports whether err means a symlink loop. filepath.EvalSymlinks has an error of
// its own for that.
func IsLoop(err error) bool {
	return loops(err) || err != nil && err.Error() == "EvalSymlinks: too many links"
}

// LeadsNowhere reports whether err means that a path leads to nothing: nothing exists
// there, or it is a symlink loop.
func LeadsNowhere(err error) bool { return IsGone(err) || IsLoop(err) }
