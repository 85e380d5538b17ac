package cache

import (
	"errors"
	"fmt"
	"time"

	"gclean/internal/units"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrNotCache means that a folder has no marks of a cache.
	ErrNotCache = errors.New("not a package cache: it has neither urls.txt nor the marks of rattler")
	// ErrRefused means that a folder is never cleaned, whatever is in it.
	ErrRefused = errors.New("refused")
	// ErrReadOnly means that nothing can be removed from a cache.
	ErrReadOnly = errors.New("read-only cache, skipped")
	// ErrNotFolder means that a cache has something else where a folder is expected. It is
	// usually a symlink, which gclean does not follow.
	ErrNotFolder = errors.New("not a folder")
	// ErrPattern means that a pattern of Options.Dists is malformed.
	ErrPattern = errors.New("bad pattern")
	// ErrVersionSpec means that a pattern of a Policy contains a version as a MatchSpec
	// does (numpy>=1.26). It would match nothing, so an Exclude would keep nothing.
	ErrVersionSpec = errors.New("a pattern cannot contain =, < or >")
)

// NoCacheError says that there is no cache in any of the places where gclean looks.
type NoCacheError struct{ Places []string }

func (e *NoCacheError) Error() string {
	const most = 8 // with many users there are many places
	if len(e.Places) == 0 {
		return "no package cache found: gclean knows no place to look"
	}
	return "no package cache found: looked at " + units.List(e.Places, most)
}

// UsedError says that an entry was used within Policy.OlderThan.
type UsedError struct{ Ago, OlderThan time.Duration }

func (e *UsedError) Error() string {
	return fmt.Sprintf("used %s ago, within %s", units.Span(e.Ago), units.Setting(e.OlderThan))
}

// AsideError says until when an entry stays in quarantine.
type AsideError struct{ Until time.Time }

func (e *AsideError) Error() string {
	return "until " + e.Until.UTC().Format("2006-01-02 15:04 MST")
}

// TooLargeError says that a cache remains larger than Policy.MaxSize, because nothing else
// in it may be removed.
type TooLargeError struct {
	Path string // path of the cache
	Over int64  // in bytes
	Max  Amount
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s: still %s above the limit of %s: gclean can remove nothing else in it", e.Path, units.Bytes(e.Over), e.Max)
}

// TooFullError says that the file system of a cache will have less than Policy.MinFree
// available, because nothing else in its caches may be removed.
type TooFullError struct {
	Path      string // path of the first cache on that file system
	Missing   int64  // in bytes
	Min       Amount
	Available int64 // in bytes, after everything in the plan is removed
}

func (e *TooFullError) Error() string {
	return fmt.Sprintf("%s: still %s short of the %s that should be available, with %s available: gclean can remove nothing else in the caches",
		e.Path, units.Bytes(e.Missing), e.Min, units.Bytes(e.Available))
}

// TooManyFilesError says that a cache keeps more inodes than Policy.MaxFiles, because
// nothing else in it may be removed.
type TooManyFilesError struct {
	Path string // path of the cache
	Over int64
	Max  int64
}

func (e *TooManyFilesError) Error() string {
	return fmt.Sprintf("%s: still %d inodes above the limit of %d: gclean can remove nothing else in it", e.Path, e.Over, e.Max)
}

// TooFewFilesError says that the file system of a cache will have fewer free inodes than
// Policy.MinFreeFiles, because nothing else in its caches may be removed.
type TooFewFilesError struct {
	Path    string // path of the first cache on that file system
	Missing int64
	Min     Files
	Free    int64 // after everything in the plan is removed
}

func (e *TooFewFilesError) Error() string {
	return fmt.Sprintf("%s: still %d inodes short of the %s that should be free, with %d free: gclean can remove nothing else in the caches",
		e.Path, e.Missing, e.Min, e.Free)
}

// NoInodesError says that the file system of a cache does not count inodes, so
// Policy.MinFreeFiles has no effect there.
type NoInodesError struct{ Path string }

func (e *NoInodesError) Error() string {
	return fmt.Sprintf("%s: its file system has no limit of inodes, so gclean removes nothing to free them", e.Path)
}
