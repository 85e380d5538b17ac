package cache

import (
	"errors"
	"io/fs"
	"strings"

	"gclean/walk"
)

// isLock says whether name is a lock file of mamba (libmamba/src/api/clean.cpp):
// it belongs to a name beside it, or to the folder it is in.
func isLock(name string, all []walk.Item, folder string) bool {
	base, ok := strings.CutSuffix(name, ".lock")
	if !ok {
		return false
	}
	if base == folder {
		return true
	}
	for _, it := range all {
		if it.Name == base {
			return true
		}
	}
	return false
}

// lockDepth is how many folders below an index cache have lock files: mamba
// 2.6 locks cache/ and cache/shards/.
const lockDepth = 2

// locksBelow lists the lock files in an index cache.
func (l *lister) locksBelow(name string) error {
	sub, err := l.Dir.OpenBelow(name)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil // it will be reported with the index cache itself
		}
		return err
	}
	defer sub.Close()
	items, err := sub.ReadDir()
	if err != nil {
		return err
	}
	for _, it := range items {
		rel := name + "/" + it.Name
		switch {
		case it.IsDir() && strings.Count(rel, "/") < lockDepth:
			if err := l.locksBelow(rel); err != nil {
				return err
			}
		case it.Type.IsRegular() && strings.HasSuffix(it.Name, ".lock"):
			l.add(Locks, rel, it.Stat)
		}
	}
	return nil
}
