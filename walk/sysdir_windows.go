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

// sysdir is a folder as the system knows it: a handle. Its methods take single
// names, follow neither symlinks nor junctions, and return bare errors of the
// system.
type sysdir struct {
	h   windows.Handle
	dev uint64 // of all that is in it: other volumes are mounted by junctions
}

// notInNames is what the name of a file cannot have, or what makes the name of
// a stream in it.
const notInNames = "/\\:\x00"

// readFolder are the rights to list a folder and to reach what is in it.
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

// openHandle opens what path leads to.
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

// open opens the folder name, or s anew where name is ".".
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

// regular opens or makes the file name.
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

// content is h, or in its place, where that is open on a reparse point which is
// no link, a handle to what that stands for.
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

// move renames what id is of. The handle stays on it, whatever becomes of names.
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
		return id, nil // it has moved; whoever removes it compares once more
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

// folderLink opens, for removal, a symlink to a folder or a junction: to the
// system they are folders. A volume that is mounted is neither.
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

// writable asks for the right to make names. That to remove them is one of each
// file.
func (s sysdir) writable() error {
	// To a folder, these are FILE_ADD_FILE and FILE_ADD_SUBDIRECTORY.
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

// makeWritable and unlock have nothing to give: the read-only attribute of a
// folder stops nobody, and access control lists are left as they are.
func (s sysdir) makeWritable() error { return errors.ErrUnsupported }

func (s sysdir) unlock(string) error { return errors.ErrUnsupported }

var (
	errFolder    = errors.New("is a folder")
	errNotFolder = like{"not a folder", syscall.ENOTDIR}
	errIsLink    = like{"not a regular file", syscall.ELOOP}
)

// like is an error that is for errors.Is what Unix says in its place.
type like struct {
	text string
	unix syscall.Errno
}

func (e like) Error() string        { return e.text }
func (e like) Is(target error) bool { return target == e.unix }

func isNotDir(err error) bool { return err == errNotFolder }

func isDir(err error, _ sysdir, _ string) bool { return err == errFolder }

func isNotEmpty(err error) bool { return err == windows.ERROR_DIR_NOT_EMPTY }

// openFileBelow is for systems that open a path below a folder in one call without
// following symlinks.
func (s sysdir) openFileBelow(rel, path string) (f *os.File, ok bool) { return nil, false }

// mkdirLike makes the folder name: it inherits what the folder s has.
func (s sysdir) mkdirLike(name string) error { return s.mkdir(name, 0o777) }
