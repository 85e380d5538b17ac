//go:build !linux

package absence

import (
	"os"
	"time"
)

// plannedMounts are none: only what the folders themselves show is known.
func plannedMounts() ([]string, error) { return nil, nil }

// readTable knows nothing: this system does not tell what is mounted.
func readTable() (mountTable, error) { return mountTable{}, nil }

func isOtherDevice(string) bool { return false }

func isAutofs(string) (bool, error) { return false, nil }

// times are when a folder was made, zero where the system does not tell, and when
// a name in it was last made or removed.
func times(path string) (born, changed time.Time) {
	fi, err := os.Lstat(path)
	if err != nil {
		return born, changed // not known either
	}
	return birth(fi), fi.ModTime()
}
