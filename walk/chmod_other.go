//go:build unix && !linux

package walk

import "golang.org/x/sys/unix"

// chmodFolder sets the mode of the folder name in dirfd, without following a symlink.
func chmodFolder(dirfd int, name string, mode uint32) error {
	return unix.Fchmodat(dirfd, name, mode, unix.AT_SYMLINK_NOFOLLOW)
}
