//go:build unix && !linux

package walk

import (
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// dirents reads the names of a folder through os.File, which is portable.
type dirents struct {
	names []string
	cur   string
	f     *os.File
}

func newDirents() *dirents { return &dirents{} }

func (d *dirents) reset(fd sysdir) {
	d.names, d.f = nil, nil
	if dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0); err == nil {
		d.f = os.NewFile(uintptr(dup), "")
	}
}

// fill reads the next 1,000 names. It returns false at the end of the folder.
func (d *dirents) fill() (bool, error) {
	if d.f == nil {
		return false, unix.EMFILE
	}
	names, err := d.f.Readdirnames(1000)
	d.names = names
	if len(names) == 0 {
		d.f.Close()
		d.f = nil
		if err == io.EOF {
			err = nil
		}
		return false, err
	}
	return true, nil
}

// ended returns false: only the next fill can tell.
func (d *dirents) ended() bool { return false }

func (d *dirents) next() bool {
	if len(d.names) == 0 {
		return false
	}
	d.cur, d.names = d.names[0], d.names[1:]
	return true
}

func (d *dirents) name() string { return d.cur }

// kind is unknown here, so callers use lstat.
func (d *dirents) kind() (fs.FileMode, bool) { return 0, false }
