//go:build !unix

package walk

import "path/filepath"

// IsLocked says whether a process holds a lock on the file at path. What cannot
// be asked counts as held.
func IsLocked(path string) bool {
	dir, err := Open(filepath.Dir(path))
	if err != nil {
		return true
	}
	defer dir.Close()
	lock, err := dir.LockFile(filepath.Base(path), Fcntl, false)
	if err != nil {
		return true
	}
	return lock.Unlock() != nil
}
