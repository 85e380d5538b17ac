package walk

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// IsGone says that there is nothing at a path. That what it is on cannot be
// reached does not say so.
func IsGone(err error) bool {
	return (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) && !unreachable(err)
}

// ErrNoVolume says that the drive or share that a path is on is not there: what
// is on it may be there all the same.
var ErrNoVolume = errors.New("cannot be reached")

// Reached is err, the error of looking at path; or ErrNoVolume with the name of
// the drive, where err says that there is nothing only because of that: Windows
// says so of a disk that was unplugged, and of drives that are mapped for another
// session.
func Reached(path string, err error) error {
	if err == nil || !IsGone(err) {
		return err
	}
	if volume := missingVolume(path); volume != "" {
		return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("the drive or share %s %w", volume, ErrNoVolume)}
	}
	return err
}

// IsLoop says that the symlinks form a loop. filepath.EvalSymlinks says so
// with an error of its own.
func IsLoop(err error) bool {
	return loops(err) || err != nil && err.Error() == "EvalSymlinks: too many links"
}

// LeadsNowhere says that a path leads to nothing: there is nothing at it, or
// the symlinks form a loop.
func LeadsNowhere(err error) bool { return IsGone(err) || IsLoop(err) }
