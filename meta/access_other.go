//go:build !linux

package meta

// CanRead returns true: on this system access control lists may decide instead of the
// modes, and gclean does not read them.
func (u *User) CanRead(string) bool { return true }
