package fresh

import "golang.org/x/sys/unix"

// look makes the client ask its server (AT_STATX_FORCE_SYNC in statx(2)). What is wrong
// with the path is found by who reads it next.
func look(path string) {
	var st unix.Statx_t
	_ = unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_FORCE_SYNC|unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT, unix.STATX_BASIC_STATS, &st)
}
