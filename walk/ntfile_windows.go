package walk

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io/fs"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Functions around NtCreateFile and its kin, which alone take names relative to an open
// folder. Handles opened here do not follow links, do not wait, and share all access.
const (
	shareAll = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	ntFlags  = windows.FILE_OPEN_REPARSE_POINT | windows.FILE_OPEN_FOR_BACKUP_INTENT | windows.FILE_SYNCHRONOUS_IO_NONALERT
)

// openAt opens name in dir, or dir again if name is empty. If it is a symlink or a
// junction, openAt opens that itself.
func openAt(dir windows.Handle, name string, access, disposition, options uint32) (windows.Handle, error) {
	h, err := ntOpen(dir, name, access, disposition, ntFlags|options)
	if err == windows.STATUS_ACCESS_DENIED && access == windows.DELETE|windows.FILE_READ_ATTRIBUTES {
		// The right to remove files in a folder does not include the right to read their
		// attributes.
		h, err = ntOpen(dir, name, windows.DELETE, disposition, ntFlags|options)
	}
	return h, bareStatus(err)
}

func ntOpen(dir windows.Handle, name string, access, disposition, options uint32) (h windows.Handle, err error) {
	u, err := windows.NewNTUnicodeString(name)
	if err != nil {
		return 0, err
	}
	attributes := &windows.OBJECT_ATTRIBUTES{RootDirectory: dir, ObjectName: u, Attributes: windows.OBJ_CASE_INSENSITIVE}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	err = windows.NtCreateFile(&h, access|windows.SYNCHRONIZE, attributes, new(windows.IO_STATUS_BLOCK), nil,
		windows.FILE_ATTRIBUTE_NORMAL, shareAll, disposition, options, 0, 0)
	return h, err
}

// bareStatus converts the error of a system call to one that errors.Is understands.
func bareStatus(err error) error {
	status, ok := err.(windows.NTStatus)
	switch {
	case !ok:
		return err
	case status == windows.STATUS_DELETE_PENDING:
		// The file is removed when the process that has it open closes it; nobody else can
		// open it.
		return windows.ERROR_FILE_NOT_FOUND
	case status == windows.STATUS_FILE_IS_A_DIRECTORY:
		return errFolder
	case status == windows.STATUS_NOT_A_DIRECTORY:
		return errNotFolder
	}
	return status.Errno()
}

// fileAllInformation is FILE_ALL_INFORMATION without the name.
type fileAllInformation struct {
	creationTime, lastAccessTime, lastWriteTime, changeTime int64
	attributes                                              uint32
	_                                                       uint32
	allocationSize, endOfFile                               int64
	links                                                   uint32
	deletePending, directory                                bool
	_                                                       [2]byte
	index                                                   uint64
	eaSize, accessFlags                                     uint32
	position                                                int64
	mode, alignment, nameLength                             uint32
	_                                                       [4]byte
}

const fileAllInformationClass = 18 // FileAllInformation

// statOf describes the open file h; dev is the serial number of its volume.
func statOf(h windows.Handle, dev uint64) (Stat, error) {
	var fi fileAllInformation
	err := windows.NtQueryInformationFile(h, new(windows.IO_STATUS_BLOCK), (*byte)(unsafe.Pointer(&fi)),
		uint32(unsafe.Sizeof(fi)), fileAllInformationClass)
	if err != nil && err != windows.STATUS_BUFFER_OVERFLOW { // there is no room for the name
		return Stat{}, bareStatus(err)
	}
	st := Stat{
		ID:    ID{Dev: dev, Ino: fi.index},
		Mode:  0o644,
		Size:  fi.endOfFile,
		Disk:  fi.allocationSize,
		Nlink: uint64(fi.links),
		Mtime: nanoseconds(fi.lastWriteTime),
		// FAT has no change time.
		Ctime: nanoseconds(max(fi.changeTime, fi.lastWriteTime)),
	}
	if fi.index == ^uint64(0) {
		// ReFS has 128-bit indexes, and not all of them fit into 64 bits.
		if st.ID.Ino, err = longIndex(h); err != nil {
			return Stat{}, err
		}
	}
	if fi.attributes&windows.FILE_ATTRIBUTE_READONLY != 0 {
		st.Mode = 0o444
	}
	link := false
	if fi.attributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 {
		if link, err = isLink(h); err != nil {
			return Stat{}, err
		}
	}
	switch {
	case link:
		st.Mode |= fs.ModeSymlink
	case fi.directory:
		st.Mode |= fs.ModeDir | 0o111
		st.Size = 0
	}
	return st, nil
}

// longIndex returns the 128-bit index of the open file h, hashed to 64 bits.
func longIndex(h windows.Handle) (uint64, error) {
	var id struct {
		volume uint64
		index  [16]byte
	}
	if err := windows.GetFileInformationByHandleEx(h, windows.FileIdInfo, (*byte)(unsafe.Pointer(&id)), uint32(unsafe.Sizeof(id))); err != nil {
		return 0, err
	}
	sum := fnv.New64a()
	sum.Write(id.index[:])
	return sum.Sum64(), nil
}

// nanoseconds converts 100-nanosecond units since 1601 to nanoseconds since 1970.
func nanoseconds(t int64) int64 {
	ft := windows.Filetime{LowDateTime: uint32(t), HighDateTime: uint32(t >> 32)}
	return ft.Nanoseconds()
}

// volumeOf returns the serial number of the volume that h is on.
func volumeOf(h windows.Handle) (uint64, error) {
	var fi windows.ByHandleFileInformation
	err := windows.GetFileInformationByHandle(h, &fi)
	return uint64(fi.VolumeSerialNumber), err
}

// isLink reports whether a reparse point leads to another name. Others are ordinary files
// and folders, such as deduplicated ones and those of OneDrive.
func isLink(h windows.Handle) (bool, error) {
	var tag struct{ attributes, tag uint32 }
	err := windows.GetFileInformationByHandleEx(h, windows.FileAttributeTagInfo, (*byte)(unsafe.Pointer(&tag)), uint32(unsafe.Sizeof(tag)))
	return linkTag(tag.tag), err
}

// linkTag is isLink for a tag. An unknown tag, 0, counts as a link, so that it is not
// followed.
func linkTag(tag uint32) bool {
	const nameSurrogate = 0x20000000
	return tag&nameSurrogate != 0 || tag == 0
}

// target returns the target of the open symlink or junction h.
func target(h windows.Handle) (string, error) {
	buf := make([]byte, windows.MAXIMUM_REPARSE_DATA_BUFFER_SIZE)
	var n uint32
	if err := windows.DeviceIoControl(h, windows.FSCTL_GET_REPARSE_POINT, nil, 0, &buf[0], uint32(len(buf)), &n, nil); err != nil {
		return "", err
	}
	return parseReparse(buf[:n])
}

// parseReparse parses a REPARSE_DATA_BUFFER.
func parseReparse(buf []byte) (string, error) {
	const head = 8 // tag and length
	names, relative := head+8, false
	if len(buf) < names+4 {
		return "", windows.ERROR_INVALID_REPARSE_DATA
	}
	switch binary.LittleEndian.Uint32(buf) {
	case windows.IO_REPARSE_TAG_SYMLINK:
		relative = binary.LittleEndian.Uint32(buf[names:])&1 != 0 // SYMLINK_FLAG_RELATIVE
		names += 4
	case windows.IO_REPARSE_TAG_MOUNT_POINT:
	default:
		return "", windows.ERROR_REPARSE_TAG_MISMATCH
	}
	from := names + int(binary.LittleEndian.Uint16(buf[head:]))
	to := from + int(binary.LittleEndian.Uint16(buf[head+2:]))
	if to > len(buf) {
		return "", windows.ERROR_INVALID_REPARSE_DATA
	}
	u := make([]uint16, (to-from)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(buf[from+2*i:])
	}
	path := windows.UTF16ToString(u)
	if rest, ok := strings.CutPrefix(path, `\??\`); ok && !relative {
		if share, ok := strings.CutPrefix(rest, `UNC\`); ok {
			return `\\` + share, nil
		}
		if len(rest) >= 2 && rest[1] == ':' {
			return rest, nil
		}
		return `\\?\` + rest, nil // on a volume without a letter
	}
	return path, nil
}

// remove removes the file that h has open for removal, when h is closed.
func remove(h windows.Handle) error {
	// Since Windows 10, a process that has the file open keeps it without a name, and
	// read-only files can be removed. A running program cannot, as with DeleteFile.
	flags := uint32(windows.FILE_DISPOSITION_DELETE | windows.FILE_DISPOSITION_POSIX_SEMANTICS |
		windows.FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK | windows.FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE)
	err := windows.NtSetInformationFile(h, new(windows.IO_STATUS_BLOCK), (*byte)(unsafe.Pointer(&flags)),
		uint32(unsafe.Sizeof(flags)), windows.FileDispositionInformationEx)
	switch err {
	case windows.STATUS_INVALID_INFO_CLASS, windows.STATUS_INVALID_PARAMETER, windows.STATUS_NOT_SUPPORTED, windows.STATUS_NOT_IMPLEMENTED:
		// FAT, some shares, older versions of Windows, and Wine.
		return removeOld(h)
	}
	return bareStatus(err)
}

// removeOld is remove with an older call that refuses read-only files. All names of a file
// share the attribute, so removeOld restores it if the file has other names.
func removeOld(h windows.Handle) error {
	err := dispose(h)
	if err != windows.ERROR_ACCESS_DENIED {
		return err
	}
	w, werr := openAt(h, "", windows.FILE_WRITE_ATTRIBUTES|windows.FILE_READ_ATTRIBUTES, windows.FILE_OPEN, 0)
	if werr != nil {
		return err
	}
	defer windows.CloseHandle(w)
	var fi windows.ByHandleFileInformation
	if windows.GetFileInformationByHandle(w, &fi) != nil || fi.FileAttributes&windows.FILE_ATTRIBUTE_READONLY == 0 {
		return err
	}
	if setAttributes(w, fi.FileAttributes&^windows.FILE_ATTRIBUTE_READONLY) != nil {
		return err
	}
	if err = dispose(h); err != nil || fi.NumberOfLinks > 1 {
		err = errors.Join(err, setAttributes(w, fi.FileAttributes))
	}
	return err
}

// dispose marks the open file h for removal.
func dispose(h windows.Handle) error {
	gone := true
	return windows.SetFileInformationByHandle(h, windows.FileDispositionInfo, (*byte)(unsafe.Pointer(&gone)), uint32(unsafe.Sizeof(gone)))
}

func setAttributes(h windows.Handle, attributes uint32) error {
	basic := struct { // FILE_BASIC_INFO; a time of zero does not change
		times      [4]int64
		attributes uint32
		_          uint32
	}{attributes: attributes}
	if basic.attributes == 0 {
		basic.attributes = windows.FILE_ATTRIBUTE_NORMAL
	}
	return windows.SetFileInformationByHandle(h, windows.FileBasicInfo, (*byte)(unsafe.Pointer(&basic)), uint32(unsafe.Sizeof(basic)))
}

// renameAt renames the open file h to an unused name.
func renameAt(h, dir windows.Handle, name string) error {
	u, err := windows.UTF16FromString(name)
	if err != nil {
		return err
	}
	var to struct { // FILE_RENAME_INFORMATION
		replace uint32
		dir     windows.Handle
		length  uint32 // in bytes
		name    [256]uint16
	}
	if len(u) > len(to.name) {
		return windows.ERROR_FILENAME_EXCED_RANGE
	}
	to.dir, to.length = dir, uint32(len(u)-1)*2
	copy(to.name[:], u)
	return bareStatus(windows.NtSetInformationFile(h, new(windows.IO_STATUS_BLOCK), (*byte)(unsafe.Pointer(&to)),
		uint32(unsafe.Sizeof(to)), windows.FileRenameInformation))
}
