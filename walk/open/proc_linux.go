package open

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ReadProc reads a file below /proc, such as "self/mountinfo", of at most limit bytes. In
// an image, /proc need not be the system's: then ReadProc reads nothing and returns
// fs.ErrNotExist.
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

// maxMountinfo is in bytes: container hosts have thousands of mounts.
const maxMountinfo = 64 << 20

// Mountinfo returns what is mounted, as this process sees it: proc_pid_mountinfo(5). The
// error is that of ReadProc.
func Mountinfo() ([]byte, error) { return ReadProc("self/mountinfo", maxMountinfo) }
