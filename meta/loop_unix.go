//go:build unix

package meta

import (
	"errors"
	"syscall"
)

// isLoop says that symlinks go round in a circle.
func isLoop(err error) bool { return errors.Is(err, syscall.ELOOP) }
