package walk

import (
	"errors"
	"syscall"
)

// IsLoop says that symlinks go round in a circle. filepath.EvalSymlinks says so
// with an error of its own.
func IsLoop(err error) bool {
	return errors.Is(err, syscall.ELOOP) || err != nil && err.Error() == "EvalSymlinks: too many links"
}

// LeadsNowhere says that a path leads to nothing: there is nothing at it, or
// symlinks go round in a circle.
func LeadsNowhere(err error) bool { return IsGone(err) || IsLoop(err) }
