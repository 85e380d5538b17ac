//go:build !linux

package open

import (
	"errors"
	"os"
)

// HoldOffWriters cannot be done on this system.
func HoldOffWriters(*os.File) (release func(), err error) { return nil, errors.ErrUnsupported }
