//go:build !linux

package open

import "os"

// openFile checks the file before it opens it. It opens without waiting, in case a FIFO has
// taken the file's place since.
func openFile(path string) (*os.File, error) {
	if fi, err := os.Stat(path); err != nil {
		return nil, err
	} else if !fi.Mode().IsRegular() {
		return nil, notRegular(path)
	}
	return checked(openNoWait(path))
}
