package cache

import (
	"net/url"
	"strings"
)

// Names of what gclean itself leaves in a cache, while it works or when it is
// killed.
const (
	OwnTrash = ".gclean-trash" // entries on their way out
	OwnLock  = ".gclean.lock"  // the lock file where folders cannot be locked
)

// markerSuffix ends the names of markers: files in the trash that are named
// after a package that is being removed where it is.
const markerSuffix = ".removing"

// MarkerOf is the name of the marker of an entry: its path below the cache, with
// slashes escaped.
func MarkerOf(name string) string { return url.PathEscape(name) + markerSuffix }

// MarkedBy is the entry that a marker is of.
func MarkedBy(marker string) (name string, ok bool) {
	escaped, ok := strings.CutSuffix(marker, markerSuffix)
	if !ok {
		return "", false
	}
	name, err := url.PathUnescape(escaped)
	return name, err == nil
}
