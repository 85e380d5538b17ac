package walk

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

// isFull takes ENOSPC too: tests of faults are the same on every system.
func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED) || errors.Is(err, syscall.ENOSPC)
}
