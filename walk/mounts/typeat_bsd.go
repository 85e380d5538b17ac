//go:build darwin || freebsd

package mounts

import "golang.org/x/sys/unix"

// TypeAt returns the type of the file system that path is on, or "" if unknown.
func TypeAt(path string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return ""
	}
	return unix.ByteSliceToString(st.Fstypename[:])
}
