package walk

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// openBelow opens the folder name in dirfd, never through a symlink and never
// across a mount point, bind mounts included: openat2 can refuse both. Where
// a kernel before 5.6 or a seccomp filter does not have it, callers compare
// devices, which finds all mounts but bind mounts of the same file system.
func openBelow(dirfd int, name string) (int, error) {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	how := unix.OpenHow{
		Flags:   flags,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_XDEV,
	}
	for {
		fd, err := unix.Openat2(dirfd, name, &how)
		switch err {
		case nil:
			return fd, nil
		case unix.EINTR, unix.EAGAIN:
			continue
		case unix.EXDEV:
			return -1, ErrMountPoint
		case unix.ENOSYS, unix.EPERM:
			return retry(func() (int, error) { return unix.Openat(dirfd, name, flags, 0) })
		default:
			return -1, err
		}
	}
}

// renameNew renames without replacing what is at the new name.
func renameNew(olddir int, oldname string, newdir int, newname string) error {
	err := unix.Renameat2(olddir, oldname, newdir, newname, unix.RENAME_NOREPLACE)
	if err == unix.EINVAL || err == unix.ENOSYS {
		// NFS and old kernels know no flags.
		return unix.Renameat(olddir, oldname, newdir, newname)
	}
	return err
}

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
