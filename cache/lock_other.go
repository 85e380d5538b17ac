//go:build !unix

package cache

import (
	"path/filepath"

	"gclean/walk"
)

// lockHeld says whether a process holds a lock on the file at path. What cannot
// be asked counts as held.
func lockHeld(path string) bool {
	dir, err := walk.Open(filepath.Dir(path))
	if err != nil {
		return true
	}
	defer dir.Close()
	lock, err := dir.LockFile(filepath.Base(path), walk.Fcntl, false)
	if err != nil {
		return true
	}
	return lock.Unlock() != nil
}
