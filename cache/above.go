package cache

import (
	"path"
	"path/filepath"
)

// above is the set of entries that are index caches. A lock file inside one of them is
// counted with it.
type above map[string]bool

func newAbove(entries []*candidate) above {
	a := above{}
	for _, e := range entries {
		if e.Category == IndexCache {
			a[e.Path()] = true
		}
	}
	return a
}

func (a above) has(e *candidate) bool {
	if e.Category != Locks {
		return false
	}
	for name := path.Dir(e.Name); name != "."; name = path.Dir(name) {
		if a[filepath.Join(e.Dir, name)] {
			return true
		}
	}
	return false
}
