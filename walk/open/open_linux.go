package open

import (
	"errors"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// openFile looks at the file by a handle that can do nothing, and opens that
// very file: opening alone makes some devices act, a watchdog for one, and
// whoever owns the path can swap what is there at any time.
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
	if errors.Is(err, fs.ErrNotExist) { // no /proc
		return checked(openNoWait(path))
	}
	if pe, ok := err.(*fs.PathError); ok {
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
	if !isProc(fds) {
		return nil, fs.ErrNotExist
	}
	return openAt(fds, strconv.Itoa(int(handle.Fd())), unix.O_RDONLY, handle.Name())
}

// openAt opens name in dir, as a file that is called path.
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

// isProc says whether an open file or folder is on the system's /proc.
func isProc(f *os.File) bool {
	var st unix.Statfs_t
	err := unix.Fstatfs(int(f.Fd()), &st)
	return err == nil && st.Type == unix.PROC_SUPER_MAGIC
}
