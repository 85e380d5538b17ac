package walk

import (
	"io/fs"
	"unsafe"

	"golang.org/x/sys/windows"
)

// dirents reads the names of a folder by its handle, into a buffer that it reuses.
type dirents struct {
	buf   []uint64 // records are aligned to 8 bytes
	rest  int      // offset of the next record; -1 after the last
	cur   *fullDirInfo
	dir   sysdir
	class uint32
}

// fullDirInfo is FILE_FULL_DIR_INFO, without the rest of the name.
type fullDirInfo struct {
	next, index                                             uint32
	creationTime, lastAccessTime, lastWriteTime, changeTime int64
	endOfFile, allocationSize                               int64
	attributes                                              uint32
	nameLength                                              uint32 // in bytes
	tag                                                     uint32 // of a reparse point
	name                                                    [1]uint16
}

// direntsBuffer holds about 500 names.
const direntsBuffer = 64 << 10

func newDirents() *dirents { return &dirents{buf: make([]uint64, direntsBuffer/8)} }

// reset starts to read the folder s from the beginning.
func (d *dirents) reset(s sysdir) {
	d.dir, d.rest, d.class = s, -1, windows.FileFullDirectoryRestartInfo
}

// fill reads the next records into the buffer. It returns false at the end of the folder.
func (d *dirents) fill() (bool, error) {
	err := windows.GetFileInformationByHandleEx(d.dir.h, d.class, (*byte)(unsafe.Pointer(&d.buf[0])), uint32(len(d.buf)*8))
	d.class = windows.FileFullDirectoryInfo
	switch err {
	case nil:
		d.rest = 0
		return true, nil
	case windows.ERROR_NO_MORE_FILES, windows.ERROR_FILE_NOT_FOUND:
		return false, nil
	}
	return false, err
}

// ended returns false: only the next fill can tell.
func (d *dirents) ended() bool { return false }

// next moves to the next name in the buffer; it skips "." and "..".
func (d *dirents) next() bool {
	for d.rest >= 0 {
		d.cur = (*fullDirInfo)(unsafe.Add(unsafe.Pointer(&d.buf[0]), d.rest))
		if d.cur.next == 0 {
			d.rest = -1
		} else {
			d.rest += int(d.cur.next)
		}
		if name := d.name(); name != "." && name != ".." {
			return true
		}
	}
	return false
}

func (d *dirents) name() string {
	return windows.UTF16ToString(unsafe.Slice(&d.cur.name[0], d.cur.nameLength/2))
}

// kind returns the type bits of the current name. A symlink or junction is not a folder.
func (d *dirents) kind() (fs.FileMode, bool) {
	switch {
	case d.cur.attributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 && linkTag(d.cur.tag):
		return fs.ModeSymlink, true
	case d.cur.attributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0:
		return fs.ModeDir, true
	}
	return 0, true
}
