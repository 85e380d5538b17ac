// Package trust tells whether what a file says may be believed: who can have
// written it.
package trust

import "errors"

// ErrOpen says that others can write to a file.
var ErrOpen = errors.New("others can write to it")
