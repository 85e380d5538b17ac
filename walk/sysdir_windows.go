package walk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// sysdir is a folder as the system knows it. os.Root refuses to leave it by
// symlinks and junctions.
type sysdir struct{ root *os.Root }

func openPath(path string) (sysdir, error) {
	root, err := os.OpenRoot(path)
	return sysdir{root}, Cause(err)
}

func (s sysdir) close() error { return s.root.Close() }

func (s sysdir) open(name string) (sysdir, error) {
	if name != "." {
		fi, err := s.root.Lstat(name)
		if err != nil {
			return sysdir{}, Cause(err)
		}
		if !fi.IsDir() {
			return sysdir{}, errNotFolder
		}
	}
	root, err := s.root.OpenRoot(name)
	return sysdir{root}, Cause(err)
}

func (s sysdir) stat() (Stat, error) { return statHandle(s.root.Name(), itself) }

func (s sysdir) lstat(name string) (Stat, error) {
	return statHandle(filepath.Join(s.root.Name(), name), itself)
}

func (s sysdir) readlink(name string) (string, error) {
	target, err := s.root.Readlink(name)
	return target, Cause(err)
}

func (s sysdir) openFile(name, path string) (*os.File, error) {
	fi, err := s.root.Lstat(name)
	if err != nil {
		return nil, Cause(err)
	}
	if !fi.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := s.root.Open(name)
	return f, Cause(err)
}

func (s sysdir) mkdir(name string, perm fs.FileMode) error { return Cause(s.root.Mkdir(name, perm)) }

func (s sysdir) rename(name string, to sysdir, newName string) error {
	return Cause(os.Rename(filepath.Join(s.root.Name(), name), filepath.Join(to.root.Name(), newName)))
}

func (s sysdir) unlink(name string) error {
	err := s.root.Remove(name)
	if errors.Is(err, fs.ErrPermission) {
		// Windows does not delete files with the read-only attribute.
		if s.root.Chmod(name, 0o600) == nil {
			err = s.root.Remove(name)
		}
	}
	return Cause(err)
}

func (s sysdir) rmdir(name string) error { return s.unlink(name) }

func (s sysdir) makeWritable() error { return nil }

func (s sysdir) writable() error { return nil }

// itself are the flags to open a folder or symlink itself.
const itself = windows.FILE_FLAG_BACKUP_SEMANTICS | windows.FILE_FLAG_OPEN_REPARSE_POINT

// statHandle describes what path opens to. Link count and identity are only to be
// had from an open handle.
func statHandle(path string, flags uint32) (Stat, error) {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return Stat{}, err
	}
	h, err := windows.CreateFile(p, windows.FILE_READ_ATTRIBUTES,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, windows.OPEN_EXISTING,
		flags, 0)
	if err != nil {
		return Stat{}, err
	}
	defer windows.CloseHandle(h)
	var fi windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &fi); err != nil {
		return Stat{}, err
	}
	st := Stat{
		ID: ID{
			Dev: uint64(fi.VolumeSerialNumber),
			Ino: uint64(fi.FileIndexHigh)<<32 | uint64(fi.FileIndexLow),
		},
		Mode:  0o644,
		Size:  int64(fi.FileSizeHigh)<<32 | int64(fi.FileSizeLow),
		Nlink: uint64(fi.NumberOfLinks),
		Mtime: fi.LastWriteTime.Nanoseconds(),
		Ctime: fi.LastWriteTime.Nanoseconds(),
	}
	// NTFS allocates by clusters of 4 KiB unless told otherwise.
	st.Disk = (st.Size + 4095) &^ 4095
	switch {
	case fi.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0:
		st.Mode |= fs.ModeSymlink
	case fi.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0:
		st.Mode |= fs.ModeDir
		st.Size, st.Disk = 0, 0
	}
	return st, nil
}

func (s sysdir) writableFile(name string) error {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return Cause(err)
	}
	return f.Close()
}

func (s sysdir) unlock(name string) error { return Cause(s.root.Chmod(name, 0o700)) }

var errNotFolder = errors.New("not a folder")

func isNotDir(err error) bool { return err == errNotFolder }

func isDir(err error, s sysdir, name string) bool {
	st, serr := s.lstat(name)
	return err != nil && serr == nil && st.Mode.IsDir()
}

func isNotEmpty(err error) bool { return errors.Is(err, windows.ERROR_DIR_NOT_EMPTY) }
