package walk

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// openFileBelow opens the regular file at rel in one call: opening three folders on
// the way to an info/index.json takes four times as many. Where that does not work,
// for whatever reason, ok is false, and going there step by step tells why.
func (s sysdir) openFileBelow(rel, path string) (f *os.File, ok bool) {
	if !fs.ValidPath(rel) {
		return nil, false
	}
	fd, err := unix.Openat2(int(s), rel, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_XDEV,
	})
	if err != nil {
		return nil, false
	}
	f, err = regularFile(fd, path)
	return f, err == nil
}
