//go:build !linux

package absence

import (
	"os"
	"time"
)

// plannedMounts returns nothing: only the folders themselves can tell.
func plannedMounts() ([]string, error) { return nil, nil }

// readTable returns an unknown table: this system does not tell what is mounted.
func readTable() (mountTable, error) { return mountTable{}, nil }

func isOtherDevice(string) bool { return false }

func isAutofs(string) (bool, error) { return false, nil }

// times returns when a folder was created, and when a name in it was last created or
// removed. born is zero if the system does not tell.
func times(path string) (born, changed time.Time) {
	fi, err := os.Lstat(path)
	if err != nil {
		return born, changed // neither is known
	}
	return birth(fi), fi.ModTime()
}
