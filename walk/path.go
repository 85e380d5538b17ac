package walk

import (
	"errors"
	"io/fs"
	"syscall"
)

// IsGone says that there is nothing at a path. That what it is on cannot be
// reached does not say so.
func IsGone(err error) bool {
	return (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) && !unreachable(err)
}
