package asuser

import "path/filepath"

// noID is the ID that system calls read as "unchanged".
const noID = ^uint32(0)

// check says why no process can run as an account.
func (a *Account) check() error {
	switch home := filepath.Clean(a.Home); {
	case a.UID == 0:
		return ErrRoot
	case !filepath.IsAbs(home) || home == "/":
		return ErrNoHome
	case len(a.Groups) > maxGroups:
		return ErrTooMany
	}
	for _, id := range append([]uint32{a.UID, a.GID}, a.Groups...) {
		if id == noID {
			return ErrNoID
		}
	}
	return nil
}
