package walk

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"gclean/walk/open"

	"golang.org/x/sys/windows"
)

// sysdir is an open folder as the system knows it: a handle. Its methods take single names,
// follow neither symlinks nor junctions, and return bare errors of the system.
type sysdir struct {
	h   windows.Handle
	dev uint64 // of everything in it, since other volumes are mounted by junctions
}

// notInNames are the characters that a file name cannot contain, and the colon, which would
// name a stream in a file.
const notInNames = "/\\:\x00"

// readFolder are the rights to list a folder and to reach the files in it.
const readFolder = windows.FILE_GENERIC_READ

func openPath(path string) (sysdir, error) {
	h, err := openHandle(path, readFolder)
	if err != nil {
		return sysdir{}, err
	}
	var fi windows.ByHandleFileInformation
	err = windows.GetFileInformationByHandle(h, &fi)
	if err == nil && fi.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY == 0 {
		err = errNotFolder
	}
	if err != nil {
		windows.CloseHandle(h)
		return sysdir{}, err
	}
	return sysdir{h, uint64(fi.VolumeSerialNumber)}, nil
}

// openHandle opens path, following links.
func openHandle(path string, access uint32) (windows.Handle, error) {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	h, err := windows.CreateFile(p, access, shareAll, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err == windows.ERROR_CANT_RESOLVE_FILENAME {
		err = syscall.ELOOP
	}
	return h, err
}

func (s sysdir) close() error { return windows.CloseHandle(s.h) }

// open opens the folder name, or s again if name is ".".
func (s sysdir) open(name string) (sysdir, error) {
	if name == "." {
		h, err := openAt(s.h, "", readFolder, windows.FILE_OPEN, windows.FILE_DIRECTORY_FILE)
		return sysdir{h, s.dev}, err
	}
	h, err := openAt(s.h, name, readFolder, windows.FILE_OPEN, windows.FILE_DIRECTORY_FILE)
	if err != nil {
		return sysdir{}, err
	}
	sub := sysdir{h, s.dev}
	st, err := sub.stat()
	if err == nil && !st.Mode.IsDir() {
		err = errNotFolder
	}
	if err != nil {
		sub.close()
		return sysdir{}, err
	}
	return sub, nil
}

func (s sysdir) stat() (Stat, error) { return statOf(s.h, s.dev) }

func (s sysdir) lstat(name string) (Stat, error) {
	h, err := openAt(s.h, name, windows.FILE_READ_ATTRIBUTES, windows.FILE_OPEN, 0)
	if err != nil {
		return Stat{}, err
	}
	defer windows.CloseHandle(h)
	st, err := statOf(h, s.dev)
	if err == nil && st.Mode.Type() == fs.ModeSymlink {
		if to, err := target(h); err == nil {
			st.Size = int64(len(to))
		}
	}
	return st, err
}

func (s sysdir) readlink(name string) (string, error) {
	h, err := openAt(s.h, name, windows.FILE_READ_ATTRIBUTES, windows.FILE_OPEN, 0)
	if err != nil {
		return "", err
	}
	defer windows.CloseHandle(h)
	return target(h)
}

func (s sysdir) openFile(name, path string) (*os.File, error) {
	return s.regular(name, path, windows.FILE_GENERIC_READ, windows.FILE_OPEN)
}

// regular opens or creates the file name.
func (s sysdir) regular(name, path string, access, disposition uint32) (*os.File, error) {
	h, err := openAt(s.h, name, access, disposition, windows.FILE_NON_DIRECTORY_FILE)
	if err == errFolder {
		err = open.ErrNotRegular
	}
	if err != nil {
		return nil, err
	}
	h, err = s.content(h, name, access)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}

// content returns h, or if h is a reparse point that is not a link, a handle of the file
// that it stands for.
func (s sysdir) content(h windows.Handle, name string, access uint32) (windows.Handle, error) {
	var fi windows.ByHandleFileInformation
	err := windows.GetFileInformationByHandle(h, &fi)
	if err == nil && fi.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT == 0 {
		return h, nil
	}
	defer windows.CloseHandle(h)
	if err != nil {
		return 0, err
	}
	st, err := statOf(h, s.dev)
	switch {
	case err != nil:
		return 0, err
	case st.Mode.Type() == fs.ModeSymlink:
		return 0, errIsLink
	case !st.Mode.IsRegular():
		return 0, open.ErrNotRegular
	}
	full, err := ntOpen(s.h, name, access, windows.FILE_OPEN,
		ntFlags&^windows.FILE_OPEN_REPARSE_POINT|windows.FILE_NON_DIRECTORY_FILE)
	if err != nil {
		return 0, bareStatus(err)
	}
	dev, err := volumeOf(full)
	if err == nil {
		var now Stat
		if now, err = statOf(full, dev); err == nil && now.ID != st.ID {
			err = ErrChanged
		}
	}
	if err != nil {
		windows.CloseHandle(full)
		return 0, err
	}
	return full, nil
}

func (s sysdir) mkdir(name string, _ fs.FileMode) error {
	h, err := openAt(s.h, name, readFolder, windows.FILE_CREATE, windows.FILE_DIRECTORY_FILE)
	if err != nil {
		return err
	}
	return windows.CloseHandle(h)
}

func (s sysdir) link(string, sysdir, string) error { return errors.ErrUnsupported }

func (s sysdir) rename(name string, to sysdir, newName string) error {
	h, err := openAt(s.h, name, windows.DELETE|windows.FILE_READ_ATTRIBUTES, windows.FILE_OPEN, 0)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(h)
	return renameAt(h, to.h, newName)
}

// move renames the file with identity id. Its handle stays on that file, even if names
// change.
func (s sysdir) move(name string, id ID, to sysdir, newName string) (ID, error) {
	h, err := openAt(s.h, name, windows.DELETE|windows.FILE_READ_ATTRIBUTES, windows.FILE_OPEN, 0)
	if err != nil {
		return ID{}, err
	}
	defer windows.CloseHandle(h)
	st, err := statOf(h, s.dev)
	if err == nil && st.ID != id {
		err = ErrChanged
	}
	if err == nil {
		err = renameAt(h, to.h, newName)
	}
	if err != nil {
		return ID{}, err
	}
	if st, err = statOf(h, to.dev); err != nil {
		return id, nil // it has moved; the code that removes it checks again
	}
	return st.ID, nil
}

func (s sysdir) unlink(name string) error {
	h, err := openAt(s.h, name, windows.DELETE|windows.FILE_READ_ATTRIBUTES, windows.FILE_OPEN, windows.FILE_NON_DIRECTORY_FILE)
	if err == errFolder {
		h, err = s.folderLink(name)
	}
	if err != nil {
		return err
	}
	return removeAndClose(h)
}

// folderLink opens, for removal, a symlink to a folder or a junction, which are folders to
// the system. It refuses a mounted volume.
func (s sysdir) folderLink(name string) (windows.Handle, error) {
	h, err := openAt(s.h, name, windows.DELETE|windows.FILE_READ_ATTRIBUTES, windows.FILE_OPEN, windows.FILE_DIRECTORY_FILE)
	if err != nil {
		return 0, err
	}
	st, err := statOf(h, s.dev)
	if err == nil && st.Mode.IsDir() {
		err = errFolder
	}
	if err == nil {
		if to, terr := target(h); terr == nil && strings.HasPrefix(to, `\\?\Volume{`) {
			err = ErrMountPoint
		}
	}
	if err != nil {
		windows.CloseHandle(h)
		return 0, err
	}
	return h, nil
}

func (s sysdir) rmdir(name string) error {
	h, err := openAt(s.h, name, windows.DELETE|windows.FILE_READ_ATTRIBUTES, windows.FILE_OPEN, windows.FILE_DIRECTORY_FILE)
	if err != nil {
		return err
	}
	return removeAndClose(h)
}

func removeAndClose(h windows.Handle) error {
	err := remove(h)
	windows.CloseHandle(h)
	return err
}

// writable checks the right to create names. The right to remove them belongs to each file.
func (s sysdir) writable() error {
	// For a folder, these mean FILE_ADD_FILE and FILE_ADD_SUBDIRECTORY.
	h, err := openAt(s.h, "", windows.FILE_WRITE_DATA|windows.FILE_APPEND_DATA, windows.FILE_OPEN, windows.FILE_DIRECTORY_FILE)
	if err != nil {
		return err
	}
	return windows.CloseHandle(h)
}

func (s sysdir) writableFile(name string) error {
	f, err := s.regular(name, name, windows.FILE_APPEND_DATA|windows.FILE_READ_ATTRIBUTES, windows.FILE_OPEN)
	if err != nil {
		return err
	}
	return f.Close()
}

// makeWritable and unlock do nothing: the read-only attribute of a folder has no effect,
// and gclean does not change access control lists.
func (s sysdir) makeWritable() error { return errors.ErrUnsupported }

func (s sysdir) unlock(string) error { return errors.ErrUnsupported }

var (
	errFolder    = errors.New("is a folder")
	errNotFolder = like{"not a folder", syscall.ENOTDIR}
	errIsLink    = like{"not a regular file", syscall.ELOOP}
)

// like is an error that errors.Is considers equal to the corresponding Unix error.
type like struct {
	text string
	unix syscall.Errno
}

func (e like) Error() string        { return e.text }
func (e like) Is(target error) bool { return target == e.unix }

func isNotDir(err error) bool { return err == errNotFolder }

func isDir(err error, _ sysdir, _ string) bool { return err == errFolder }

func isNotEmpty(err error) bool { return err == windows.ERROR_DIR_NOT_EMPTY }

// openFileBelow fails: this system cannot open a path below a folder in one call without
// following symlinks.
func (s sysdir) openFileBelow(rel, path string) (f *os.File, ok bool) { return nil, false }

// mkdirLike makes the folder name, which inherits its rights from s.
func (s sysdir) mkdirLike(name string) error { return s.mkdir(name, 0o777) }
