package walk

import (
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// openDir opens the folder at path, following symlinks except the magic links of /proc
// (/proc/PID/root, cwd, exe and fd/N). Through these a path in a chroot could lead out of
// it, if a procfs is mounted there. openat2 refuses them.
func openDir(path string) (int, error) {
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_MAGICLINKS}
	for {
		fd, err := unix.Openat2(unix.AT_FDCWD, path, &how)
		switch err {
		case unix.EINTR, unix.EAGAIN:
			continue
		case unix.ENOSYS, unix.EPERM:
			return openDirStepwise(path)
		case unix.ELOOP:
			return -1, loopOrMagic(path)
		default:
			return fd, err
		}
	}
}

// loopOrMagic returns ErrMagicLink, or ELOOP for a symlink loop, which the system always
// refuses.
func loopOrMagic(path string) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return unix.ELOOP
	}
	unix.Close(fd)
	return ErrMagicLink
}

// maxSymlinks is how many symlinks Linux follows in one path (MAXSYMLINKS).
const maxSymlinks = 40

// openDirStepwise is openDir for Linux before 5.6, or where a seccomp filter blocks
// openat2. It goes folder by folder and follows symlinks itself, except those on a procfs.
func openDirStepwise(path string) (int, error) {
	at, err := unix.Open(start(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer func() { unix.Close(at) }()
	if path == "" {
		return -1, unix.ENOENT
	}
	left := strings.Split(path, "/")
	for links := 0; len(left) > 0; {
		name := left[0]
		left = left[1:]
		if name == "" || name == "." {
			continue
		}
		target, err := readTextLink(at, name)
		switch {
		case err == unix.EINVAL: // not a symlink
			next, err := retry(func() (int, error) {
				return unix.Openat(at, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
			})
			if err != nil {
				return -1, err
			}
			unix.Close(at)
			at = next
			continue
		case err != nil:
			return -1, err
		}
		if links++; links > maxSymlinks {
			return -1, unix.ELOOP
		}
		left = append(strings.Split(target, "/"), left...)
		if strings.HasPrefix(target, "/") {
			top, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
			if err != nil {
				return -1, err
			}
			unix.Close(at)
			at = top
		}
	}
	return retry(func() (int, error) {
		return unix.Openat(at, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
}

// start returns the folder that a path starts from.
func start(path string) string {
	if strings.HasPrefix(path, "/") {
		return "/"
	}
	return "."
}

// readTextLink returns the target of the symlink name in at. The error is ErrMagicLink for
// one on a procfs, and EINVAL if it is not a symlink.
func readTextLink(at int, name string) (string, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(at, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return "", err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFLNK {
		return "", unix.EINVAL
	}
	var on unix.Statfs_t
	if err := unix.Fstatfs(fd, &on); err != nil {
		return "", err
	}
	if uint32(on.Type) == unix.PROC_SUPER_MAGIC {
		return "", ErrMagicLink
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(fd, "", buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

// openBelow opens the folder name in dirfd, never through a symlink and never across a
// mount point, including bind mounts: openat2 can refuse both.
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
			return openBelowStepwise(dirfd, name)
		default:
			return -1, err
		}
	}
}

// openBelowStepwise is openBelow without openat2. Bind mounts of the same file system have
// the same device, so it compares the IDs of the mounts. If the system does not tell them,
// callers still compare devices.
func openBelowStepwise(dirfd int, name string) (int, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(dirfd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return -1, err
	}
	outer, ok1 := mountOf(dirfd)
	inner, ok2 := mountOf(fd)
	if ok1 && ok2 && outer != inner {
		unix.Close(fd)
		return -1, ErrMountPoint
	}
	return fd, nil
}

// mountOf returns the ID of the mount that an open folder is in: with statx since Linux
// 5.8, from /proc since 3.15.
func mountOf(fd int) (id uint64, ok bool) {
	var st unix.Statx_t
	if err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &st); err == nil && st.Mask&unix.STATX_MNT_ID != 0 {
		return st.Mnt_id, true
	}
	return mountInProc(fd)
}

// mountInProc is mountOf from /proc.
func mountInProc(fd int) (id uint64, ok bool) {
	info, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(info)) {
		if value, found := strings.CutPrefix(line, "mnt_id:"); found {
			id, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
			return id, err == nil
		}
	}
	return 0, false
}

// renameNew renames without replacing an existing name.
func renameNew(olddir int, oldname string, newdir int, newname string) error {
	err := unix.Renameat2(olddir, oldname, newdir, newname, unix.RENAME_NOREPLACE)
	if err == unix.EINVAL || err == unix.ENOSYS {
		// NFS and old kernels support no flags.
		return unix.Renameat(olddir, oldname, newdir, newname)
	}
	return err
}

// openFileBelow opens the regular file at rel in one call: opening three folders on the way
// to an info/index.json takes four times as many. If that fails, ok is false; the caller
// then goes step by step, and finds the reason.
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
