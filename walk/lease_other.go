//go:build !linux

package walk

import (
	"errors"
	"os"
)

// HoldOffWriters cannot be done on this system.
func HoldOffWriters(*os.File) (release func(), err error) { return nil, errors.ErrUnsupported }
