//go:build darwin || freebsd

package meta

import "golang.org/x/sys/unix"

// mountPoints is nothing: statfs says it of each place that is met.
func mountPoints() []mountPoint { return nil }

// typeAt is the type of the file system that path is on, "" where it is not
// known.
func typeAt(path string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return ""
	}
	return unix.ByteSliceToString(st.Fstypename[:])
}
