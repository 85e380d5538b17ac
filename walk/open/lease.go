package open

import "errors"

// ErrBeingWritten means that a process has a file open for writing.
var ErrBeingWritten = errors.New("is being written")
