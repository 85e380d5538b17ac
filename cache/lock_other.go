//go:build !unix

package cache

import "os"

// lockHeld says whether a process has the file at path open: Windows then
// refuses to open it for deletion. What cannot be asked counts as held.
func lockHeld(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return true
	}
	f.Close()
	return false
}
