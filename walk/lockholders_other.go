//go:build unix && !linux

package walk

import (
	"errors"
	"os"
)

// heldLock is a lock that the system lists.
type heldLock struct{}

// locksOf fails: this system does not list locks.
func (s sysdir) locksOf(ID) ([]heldLock, error) { return nil, errors.ErrUnsupported }

// onlyReadersLock returns false: this system does not tell who holds a lock.
func (s sysdir) onlyReadersLock(*os.File) bool { return false }
