package open

import "errors"

// ErrBeingWritten says that a process has a file open to write to it.
var ErrBeingWritten = errors.New("is being written")
