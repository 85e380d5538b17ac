package cache

import (
	"fmt"

	"gclean/internal/units"
)

// TooLargeError says that a cache stays larger than Policy.MaxSize: nothing else
// in it may go.
type TooLargeError struct {
	Path string // of the cache
	Over int64  // bytes
	Max  Amount
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s: %s more than its greatest size %s stays: nothing else in it may go", e.Path, units.Bytes(e.Over), e.Max)
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
	return fmt.Sprintf("%s: %s are missing to the %s that are to be available, %s will be: nothing else in the caches may go",
		e.Path, units.Bytes(e.Missing), e.Min, units.Bytes(e.Available))
}
