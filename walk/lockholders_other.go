//go:build unix && !linux

package walk

import (
	"errors"
	"os"
)

// heldLock is a lock that the system lists.
type heldLock struct{}

// locksOf is for systems that list locks.
func (s sysdir) locksOf(ID) ([]heldLock, error) { return nil, errors.ErrUnsupported }

// onlyReadersLock is for systems that say who holds a lock.
func (s sysdir) onlyReadersLock(*os.File) bool { return false }
