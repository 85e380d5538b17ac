//go:build !linux

package open

import (
	"errors"
	"os"
)

// HoldOffWriters fails: this system does not support it.
func HoldOffWriters(*os.File) (release func(), err error) { return nil, errors.ErrUnsupported }
