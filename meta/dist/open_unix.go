//go:build unix

package dist

import (
	"os"
	"syscall"
)

// openNoWait opens a file for reading, without waiting where it is a FIFO.
func openNoWait(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
