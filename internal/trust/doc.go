// Package trust says whether a file can be trusted: who may have written it.
package trust

import "errors"

// ErrOpen says that others can write to a file.
var ErrOpen = errors.New("others can write to it")
