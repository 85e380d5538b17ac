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
	f, err := os.Open("/proc/self/fd/" + strconv.Itoa(int(handle.Fd())))
	if os.IsNotExist(err) { // no /proc
		return openNoWait(path)
	}
	if pe, ok := err.(*os.PathError); ok {
		pe.Path = path
	}
	return f, err
}
