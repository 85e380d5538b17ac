//go:build !linux

package chroot

// Enter makes path the root and the working folder of this process. It never calls
// before.
func Enter(path string, before func()) error { return chroot(path) }
