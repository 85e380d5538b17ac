//go:build darwin || freebsd

package mounts

import "golang.org/x/sys/unix"

// TypeAt is the type of the file system that path is on, "" where it is not
// known.
func TypeAt(path string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return ""
	}
	return unix.ByteSliceToString(st.Fstypename[:])
}
