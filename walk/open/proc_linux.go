package open

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ReadProc reads a file below /proc, such as "self/mountinfo", of at most limit
// bytes. What is at /proc in an image need not be the system's: then the error is
// fs.ErrNotExist, and nothing of it is read.
func ReadProc(name string, limit int64) ([]byte, error) {
	proc, err := os.OpenFile("/proc", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer proc.Close()
	path := "/proc/" + name
	if !isProc(proc) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	f, err := openAt(proc, name, unix.O_RDONLY|unix.O_NONBLOCK, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadAll(f, limit)
}
