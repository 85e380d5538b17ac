package walk

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// chmodFolder sets the mode of the folder name in dirfd, without following a symlink. It
// uses fchmodat2 if the kernel has it (Linux 6.6), else a path in /proc.
func chmodFolder(dirfd int, name string, mode uint32) error {
	fd, err := unix.Openat(dirfd, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	err = unix.Fchmodat(fd, "", mode, unix.AT_EMPTY_PATH)
	if err != nil {
		err = unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), mode)
	}
	return err
}
