//go:build !linux

package meta

import "os"

// openRegular opens a file for reading, if it is a regular one when it is
// looked at, and without waiting if it has become a FIFO since.
func openRegular(path string) (*os.File, error) {
	if fi, err := os.Stat(path); err != nil {
		return nil, err
	} else if !fi.Mode().IsRegular() {
		return nil, notRegular(path)
	}
	return openNoWait(path)
}
