//go:build unix && !linux

package walk

import (
	"os"

	"golang.org/x/sys/unix"
)

// openDir opens the folder at path.
func openDir(path string) (int, error) {
	return retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
}

// openBelow opens the folder name in dirfd, never through a symlink. Callers compare
// devices to detect mount points.
func openBelow(dirfd int, name string) (int, error) {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	return retry(func() (int, error) { return unix.Openat(dirfd, name, flags, 0) })
}

func renameNew(olddir int, oldname string, newdir int, newname string) error {
	return unix.Renameat(olddir, oldname, newdir, newname)
}

// openFileBelow fails: this system cannot open a path below a folder in one call without
// following symlinks.
func (s sysdir) openFileBelow(rel, path string) (f *os.File, ok bool) { return nil, false }
