package meta

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// openRegular opens a regular file for reading. Opening alone makes some
// devices act, a watchdog for one, and whoever owns the path can swap what is
// there at any time: so it is looked at by a handle that can do nothing, and
// that very file is opened.
func openRegular(path string) (*os.File, error) {
	handle, err := os.OpenFile(path, unix.O_PATH, 0)
	if err != nil {
		return nil, err
	}
	defer handle.Close()
	if fi, err := handle.Stat(); err != nil {
		return nil, err
	} else if !fi.Mode().IsRegular() {
		return nil, notRegular(path)
	}
	f, err := reopen(handle)
	if os.IsNotExist(err) { // no /proc
		return openNoWait(path)
	}
	if pe, ok := err.(*os.PathError); ok {
		pe.Path = path
	}
	return f, err
}

// reopen opens the very file of a handle for reading. What is at /proc in an
// image need not be the system's: then there is none.
func reopen(handle *os.File) (*os.File, error) {
	fds, err := os.OpenFile("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer fds.Close()
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(fds.Fd()), &fs); err != nil || fs.Type != unix.PROC_SUPER_MAGIC {
		return nil, os.ErrNotExist
	}
	name := strconv.Itoa(int(handle.Fd()))
	fd, err := unix.Openat(int(fds.Fd()), name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: handle.Name(), Err: err}
	}
	return os.NewFile(uintptr(fd), handle.Name()), nil
}
