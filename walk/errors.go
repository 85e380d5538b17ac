package walk

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// Cause is err without the path in it: the bare error of the system, for messages
// that name the path themselves.
func Cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Advise adds to an error of a removal what can be done about it.
func Advise(err error) error {
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: the file system is mounted read-only", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: run as its owner or as root; if it is immutable, lift that with chattr -i", err)
	}
	return err
}
