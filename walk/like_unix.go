//go:build unix

package walk

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// mkdirLike makes the folder name with the owner, group and mode of s. What of
// that the system refuses is left: the folder is of use to this process anyway.
func (s sysdir) mkdirLike(name string) error {
	if err := s.mkdir(name, 0o700); err != nil {
		return err
	}
	fd, err := s.open(name)
	if err != nil {
		return err
	}
	defer fd.close()
	return s.share(int(fd), func(mode uint32) uint32 { return mode&0o7777 | 0o700 })
}

// share gives what was just made in s, open as fd, to those who have s: the owner
// and group of s, and the mode that is made of that of s.
func (s sysdir) share(fd int, mode func(uint32) uint32) error {
	var dir, made unix.Stat_t
	if err := errors.Join(unix.Fstat(int(s), &dir), unix.Fstat(fd, &made)); err != nil {
		return err
	}
	perm := mode(uint32(dir.Mode))
	if made.Gid != dir.Gid && unix.Fchown(fd, -1, int(dir.Gid)) != nil {
		perm &^= 0o2070 // another group than the one that has s
	}
	if made.Uid != dir.Uid && os.Geteuid() == 0 {
		// A file system that knows no owners, or not this one, refuses.
		_ = unix.Fchown(fd, int(dir.Uid), -1)
	}
	err := unix.Fchmod(fd, perm)
	if errors.Is(err, fs.ErrPermission) || isFull(err) {
		return nil
	}
	return err
}

// writersOnly is the mode of a file that nobody can open but those who may write
// to a folder of the mode given: who can only read it cannot lock the file then.
func writersOnly(dir uint32) uint32 {
	write := dir&0o222 | 0o200
	return write | write<<1
}
