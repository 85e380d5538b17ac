package open

import (
	"errors"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// openFile first opens a handle that can only describe the file, and then opens exactly
// that file. Opening a device can make it act (a watchdog, for example), and the owner of
// the path can replace the file at any time.
func openFile(path string) (*os.File, error) {
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
	if errors.Is(err, fs.ErrNotExist) { // without /proc
		return checked(openNoWait(path))
	}
	if pe, ok := err.(*fs.PathError); ok {
		pe.Path = path
	}
	return f, err
}

// reopen opens the file of a handle for reading. In an image, /proc need not be the
// system's; then the error is fs.ErrNotExist.
func reopen(handle *os.File) (*os.File, error) {
	fds, err := os.OpenFile("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer fds.Close()
	if !isProc(fds) {
		return nil, fs.ErrNotExist
	}
	return openAt(fds, strconv.Itoa(int(handle.Fd())), unix.O_RDONLY, handle.Name())
}

// openAt opens name in dir, as a file with the name path.
func openAt(dir *os.File, name string, flags int, path string) (*os.File, error) {
	for {
		fd, err := unix.Openat(int(dir.Fd()), name, flags|unix.O_CLOEXEC, 0)
		switch err {
		case nil:
			return os.NewFile(uintptr(fd), path), nil
		case unix.EINTR:
		default:
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

// isProc reports whether an open file or folder is on the system's /proc.
func isProc(f *os.File) bool {
	var st unix.Statfs_t
	err := unix.Fstatfs(int(f.Fd()), &st)
	return err == nil && st.Type == unix.PROC_SUPER_MAGIC
}
