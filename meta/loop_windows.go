package meta

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

// isLoop says that symlinks go round in a circle.
func isLoop(err error) bool {
	return errors.Is(err, syscall.ELOOP) || errors.Is(err, windows.ERROR_CANT_RESOLVE_FILENAME)
}
