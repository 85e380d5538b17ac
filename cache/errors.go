package cache

import "errors"

// Errors that callers tell apart.
var (
	// ErrNotCache says that a folder does not carry the marks of a cache.
	ErrNotCache = errors.New("not a package cache: it has neither urls.txt nor the marks of rattler")
	// ErrRefused says that a folder is never cleaned, whatever is in it.
	ErrRefused = errors.New("refused")
	// ErrReadOnly says that nothing can be removed from a cache.
	ErrReadOnly = errors.New("read-only cache, left alone")
	// ErrNotFolder says that something else is where a cache has a folder: a
	// symlink, which is not followed, most often.
	ErrNotFolder = errors.New("not a folder")
	// ErrPattern says that a pattern of Options.Dists cannot be understood.
	ErrPattern = errors.New("bad pattern")
	// ErrVersionSpec says that a pattern of a Policy has a version as MatchSpecs have
	// it, numpy>=1.26. It would match nothing, and an Exclude would keep nothing.
	ErrVersionSpec = errors.New("=, < and > are no part of a pattern")
)
