//go:build unix

package walk

import (
	"errors"
	"io/fs"
	"os"

	"gclean/walk/open"

	"golang.org/x/sys/unix"
)

// sysdir is an open folder as the system knows it: a file descriptor. Its methods take
// single names and return bare errors of the system.
type sysdir int

// notInNames are the characters that a file name cannot contain.
const notInNames = "/\x00"

func openPath(path string) (sysdir, error) {
	fd, err := openDir(path)
	return sysdir(fd), err
}

func (s sysdir) close() error { return unix.Close(int(s)) }

// open opens the folder name, or s again if name is ".".
func (s sysdir) open(name string) (sysdir, error) {
	fd, err := openBelow(int(s), name)
	return sysdir(fd), err
}

func (s sysdir) stat() (Stat, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(s), &st); err != nil {
		return Stat{}, err
	}
	return statOf(&st), nil
}

func (s sysdir) lstat(name string) (Stat, error) {
	var st unix.Stat_t
	if err := unix.Fstatat(int(s), name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return Stat{}, err
	}
	return statOf(&st), nil
}

func (s sysdir) readlink(name string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(int(s), name, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

func (s sysdir) openFile(name, path string) (*os.File, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(int(s), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, err
	}
	return regularFile(fd, path)
}

// regularFile returns the open file fd if it is a regular file; otherwise it closes fd.
func regularFile(fd int, path string) (*os.File, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		unix.Close(fd)
		return nil, open.ErrNotRegular
	}
	return os.NewFile(uintptr(fd), path), nil
}

func (s sysdir) mkdir(name string, perm fs.FileMode) error {
	return unix.Mkdirat(int(s), name, uint32(perm.Perm()))
}

func (s sysdir) link(name string, to sysdir, newName string) error {
	return unix.Linkat(int(s), name, int(to), newName, 0)
}

func (s sysdir) rename(name string, to sysdir, newName string) error {
	return renameNew(int(s), name, int(to), newName)
}

// move renames name. The inode keeps its number.
func (s sysdir) move(name string, id ID, to sysdir, newName string) (ID, error) {
	if err := s.rename(name, to, newName); err != nil {
		return id, err
	}
	// Between the last check and the rename, somebody may have put another file there. Move
	// that back to where it was.
	st, err := to.lstat(newName)
	if err == nil && st.ID == id {
		return id, nil
	}
	if err == nil {
		err = ErrChanged
	}
	back := to.rename(newName, s, name)
	if errors.Is(back, fs.ErrExist) {
		// By now a third file is there.
		back = to.rename(newName, s, name+".put-back")
	}
	return id, errors.Join(err, back)
}

func (s sysdir) unlink(name string) error { return unix.Unlinkat(int(s), name, 0) }

func (s sysdir) rmdir(name string) error { return unix.Unlinkat(int(s), name, unix.AT_REMOVEDIR) }

// makeWritable gives the owner of s the right to change it.
func (s sysdir) makeWritable() error {
	var st unix.Stat_t
	if err := unix.Fstat(int(s), &st); err != nil {
		return err
	}
	return unix.Fchmod(int(s), uint32(st.Mode)&0o7777|0o700)
}

func (s sysdir) writable() error {
	return unix.Faccessat(int(s), ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS)
}

func retry[T any](f func() (T, error)) (T, error) {
	for {
		v, err := f()
		if err != unix.EINTR {
			return v, err
		}
	}
}

func idOf(st *unix.Stat_t) ID { return ID{Dev: uint64(st.Dev), Ino: uint64(st.Ino)} }

func statOf(st *unix.Stat_t) Stat {
	return Stat{
		ID:    idOf(st),
		Mode:  modeOf(uint32(st.Mode)),
		Size:  st.Size,
		Disk:  int64(st.Blocks) * 512,
		Nlink: uint64(st.Nlink),
		UID:   st.Uid,
		GID:   st.Gid,
		Mtime: st.Mtim.Nano(),
		Ctime: st.Ctim.Nano(),
	}
}

func modeOf(m uint32) fs.FileMode {
	mode := fs.FileMode(m & 0o777)
	if m&unix.S_ISVTX != 0 {
		mode |= fs.ModeSticky
	}
	switch m & unix.S_IFMT {
	case unix.S_IFDIR:
		mode |= fs.ModeDir
	case unix.S_IFLNK:
		mode |= fs.ModeSymlink
	case unix.S_IFREG:
	case unix.S_IFIFO:
		mode |= fs.ModeNamedPipe
	case unix.S_IFSOCK:
		mode |= fs.ModeSocket
	case unix.S_IFCHR:
		mode |= fs.ModeDevice | fs.ModeCharDevice
	default:
		mode |= fs.ModeDevice
	}
	return mode
}

func (s sysdir) writableFile(name string) error {
	return unix.Faccessat(int(s), name, unix.W_OK, unix.AT_EACCESS)
}

// unlock gives the owner of the folder name the right to read and change it. It is for
// folders that cannot even be opened.
func (s sysdir) unlock(name string) error {
	st, err := s.lstat(name)
	if err != nil {
		return err
	}
	return chmodFolder(int(s), name, uint32(st.Mode.Perm())|0o700)
}

func isNotDir(err error) bool { return err == unix.ENOTDIR || err == unix.ELOOP || err == unix.EMLINK }

// isDir reports whether unlinking name in s failed because it is a folder: Linux returns
// EISDIR, POSIX says EPERM.
func isDir(err error, s sysdir, name string) bool {
	if err != unix.EISDIR && err != unix.EPERM {
		return false
	}
	st, serr := s.lstat(name)
	return serr == nil && st.Mode.IsDir()
}

func isNotEmpty(err error) bool { return err == unix.ENOTEMPTY || err == unix.EEXIST }

// mkdirLike makes the folder name with the owner, group and mode of s. It ignores what the
// system refuses, since this process can use the folder anyway.
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

// share gives a file that was just made in s, open as fd, to the users of s. It gets the
// owner and group of s, and a mode derived from that of s by mode.
func (s sysdir) share(fd int, mode func(uint32) uint32) error {
	var dir, made unix.Stat_t
	if err := errors.Join(unix.Fstat(int(s), &dir), unix.Fstat(fd, &made)); err != nil {
		return err
	}
	perm := mode(uint32(dir.Mode))
	if made.Gid != dir.Gid && unix.Fchown(fd, -1, int(dir.Gid)) != nil {
		perm &^= 0o2070 // its group is not that of s
	}
	if made.Uid != dir.Uid && os.Geteuid() == 0 {
		// A file system without owners refuses, or one that does not know this owner.
		_ = unix.Fchown(fd, int(dir.Uid), -1)
	}
	err := unix.Fchmod(fd, perm)
	if errors.Is(err, fs.ErrPermission) || isFull(err) {
		return nil
	}
	return err
}

// writersOnly returns the mode for a file that only the users who may write to a folder of
// mode dir can open. Users who can only read the folder then cannot lock the file.
func writersOnly(dir uint32) uint32 {
	write := dir&0o222 | 0o200
	return write | write<<1
}
