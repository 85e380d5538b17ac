package cache

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gclean/internal/units"
)

// Errors that callers tell apart.
var (
	// ErrNotCache says that a folder does not carry the marks of a cache.
	ErrNotCache = errors.New("not a package cache: it has neither urls.txt nor the marks of rattler")
	// ErrRefused says that a folder is never cleaned, whatever is in it.
	ErrRefused = errors.New("refused")
	// ErrReadOnly says that nothing can be removed from a cache.
	ErrReadOnly = errors.New("read-only cache, skipped")
	// ErrNotFolder says that something else is where a cache has a folder: a
	// symlink, which is not followed, most often.
	ErrNotFolder = errors.New("not a folder")
	// ErrPattern says that a pattern of Options.Dists cannot be understood.
	ErrPattern = errors.New("bad pattern")
	// ErrVersionSpec says that a pattern of a Policy has a version as MatchSpecs have
	// it, numpy>=1.26. It would match nothing, and an Exclude would keep nothing.
	ErrVersionSpec = errors.New("a pattern cannot contain =, < or >")
)

// NoCacheError says that there is no cache at all, in none of the places in which one
// is looked for.
type NoCacheError struct{ Places []string }

func (e *NoCacheError) Error() string {
	const most = 8 // of many users, say
	shown, more := e.Places, ""
	if n := len(shown) - most; n > 0 {
		shown, more = shown[:most], fmt.Sprintf(" and %d more", n)
	}
	if len(shown) == 0 {
		return "no package cache found: gclean knows no place to look"
	}
	return "no package cache found: looked at " + strings.Join(shown, ", ") + more
}

// UsedError says that an entry was used within Policy.OlderThan.
type UsedError struct{ Ago, OlderThan time.Duration }

func (e *UsedError) Error() string {
	return fmt.Sprintf("used %s ago, within %s", units.Span(e.Ago), units.Setting(e.OlderThan))
}

// AsideError says until when an entry is in quarantine.
type AsideError struct{ Until time.Time }

func (e *AsideError) Error() string {
	return "until " + e.Until.UTC().Format("2006-01-02 15:04 MST")
}

// TooLargeError says that a cache stays larger than Policy.MaxSize: nothing else
// in it may go.
type TooLargeError struct {
	Path string // of the cache
	Over int64  // bytes
	Max  Amount
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s: still %s above the limit of %s: gclean can remove nothing else in it", e.Path, units.Bytes(e.Over), e.Max)
}

// TooFullError says that less than Policy.MinFree will be available on the file
// system of a cache: nothing else in its caches may go.
type TooFullError struct {
	Path      string // of the first cache there
	Missing   int64  // bytes
	Min       Amount
	Available int64 // bytes, once all that may go is gone
}

func (e *TooFullError) Error() string {
	return fmt.Sprintf("%s: still %s short of the %s that should be available, with %s available: gclean can remove nothing else in the caches",
		e.Path, units.Bytes(e.Missing), e.Min, units.Bytes(e.Available))
}

// TooManyFilesError says that a cache keeps more inodes than Policy.MaxFiles:
// nothing else in it may go.
type TooManyFilesError struct {
	Path string // of the cache
	Over int64
	Max  int64
}

func (e *TooManyFilesError) Error() string {
	return fmt.Sprintf("%s: still %d inodes above the limit of %d: gclean can remove nothing else in it", e.Path, e.Over, e.Max)
}

// TooFewFilesError says that fewer inodes than Policy.MinFreeFiles will be free on
// the file system of a cache: nothing else in its caches may go.
type TooFewFilesError struct {
	Path    string // of the first cache there
	Missing int64
	Min     Files
	Free    int64 // once all that may go is gone
}

func (e *TooFewFilesError) Error() string {
	return fmt.Sprintf("%s: still %d inodes short of the %s that should be free, with %d free: gclean can remove nothing else in the caches",
		e.Path, e.Missing, e.Min, e.Free)
}

// NoInodesError says that the file system of a cache does not count inodes, so that
// Policy.MinFreeFiles asks for nothing there.
type NoInodesError struct{ Path string }

func (e *NoInodesError) Error() string {
	return fmt.Sprintf("%s: its file system has no limit of inodes, so gclean removes nothing to free them", e.Path)
}
