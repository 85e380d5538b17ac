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

// What Windows can only be asked for by NtCreateFile and its kin: names relative
// to an open folder. Handles made here neither follow nor wait, and share all.
const (
	shareAll = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	ntFlags  = windows.FILE_OPEN_REPARSE_POINT | windows.FILE_OPEN_FOR_BACKUP_INTENT | windows.FILE_SYNCHRONOUS_IO_NONALERT
)

// openAt opens name in dir, or dir anew where name is empty, itself: where it is
// a symlink or a junction, that one is opened.
func openAt(dir windows.Handle, name string, access, disposition, options uint32) (windows.Handle, error) {
	h, err := ntOpen(dir, name, access, disposition, ntFlags|options)
	if err == windows.STATUS_ACCESS_DENIED && access == windows.DELETE|windows.FILE_READ_ATTRIBUTES {
		// The right to remove what is in the folder is no right to look at it.
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

// bareStatus makes the error of a system call one that errors.Is knows.
func bareStatus(err error) error {
	status, ok := err.(windows.NTStatus)
	switch {
	case !ok:
		return err
	case status == windows.STATUS_DELETE_PENDING:
		// It goes as soon as whoever has it open closes it; nobody can open it.
		return windows.ERROR_FILE_NOT_FOUND
	case status == windows.STATUS_FILE_IS_A_DIRECTORY:
		return errFolder
	case status == windows.STATUS_NOT_A_DIRECTORY:
		return errNotFolder
	}
	return status.Errno()
}

// fileAllInformation is FILE_ALL_INFORMATION, of which the name is left out.
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

// statOf describes what h is open on; dev is the serial number of its volume.
func statOf(h windows.Handle, dev uint64) (Stat, error) {
	var fi fileAllInformation
	err := windows.NtQueryInformationFile(h, new(windows.IO_STATUS_BLOCK), (*byte)(unsafe.Pointer(&fi)),
		uint32(unsafe.Sizeof(fi)), fileAllInformationClass)
	if err != nil && err != windows.STATUS_BUFFER_OVERFLOW { // no room for the name
		return Stat{}, bareStatus(err)
	}
	st := Stat{
		ID:    ID{Dev: dev, Ino: fi.index},
		Mode:  0o644,
		Size:  fi.endOfFile,
		Disk:  fi.allocationSize,
		Nlink: uint64(fi.links),
		Mtime: nanoseconds(fi.lastWriteTime),
		// FAT keeps no time of change.
		Ctime: nanoseconds(max(fi.changeTime, fi.lastWriteTime)),
	}
	if fi.index == ^uint64(0) {
		// ReFS has indexes of 128 bits, and not all fit into 64.
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

// longIndex is the index of 128 bits of what h is open on, made short.
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

// nanoseconds are those since 1970 of a count of 100 since 1601.
func nanoseconds(t int64) int64 {
	ft := windows.Filetime{LowDateTime: uint32(t), HighDateTime: uint32(t >> 32)}
	return ft.Nanoseconds()
}

// volumeOf is the serial number of the volume that h is on.
func volumeOf(h windows.Handle) (uint64, error) {
	var fi windows.ByHandleFileInformation
	err := windows.GetFileInformationByHandle(h, &fi)
	return uint64(fi.VolumeSerialNumber), err
}

// isLink says whether a reparse point leads to another name. Others are files
// and folders all the same: deduplicated ones, those of OneDrive.
func isLink(h windows.Handle) (bool, error) {
	var tag struct{ attributes, tag uint32 }
	err := windows.GetFileInformationByHandleEx(h, windows.FileAttributeTagInfo, (*byte)(unsafe.Pointer(&tag)), uint32(unsafe.Sizeof(tag)))
	return linkTag(tag.tag), err
}

// linkTag says the same of a tag. Where none is told, nothing is followed.
func linkTag(tag uint32) bool {
	const nameSurrogate = 0x20000000
	return tag&nameSurrogate != 0 || tag == 0
}

// target is where the symlink or junction leads that h is open on.
func target(h windows.Handle) (string, error) {
	buf := make([]byte, windows.MAXIMUM_REPARSE_DATA_BUFFER_SIZE)
	var n uint32
	if err := windows.DeviceIoControl(h, windows.FSCTL_GET_REPARSE_POINT, nil, 0, &buf[0], uint32(len(buf)), &n, nil); err != nil {
		return "", err
	}
	return parseReparse(buf[:n])
}

// parseReparse reads a REPARSE_DATA_BUFFER.
func parseReparse(buf []byte) (string, error) {
	const head = 8 // tag, length
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
		return `\\?\` + rest, nil // of a volume without a letter
	}
	return path, nil
}

// remove marks what h is open on, for removal, for gone as soon as h is closed.
func remove(h windows.Handle) error {
	// Since Windows 10: whoever has the file open keeps it, without a name, and
	// read-only is no obstacle. What runs stays, as with DeleteFile.
	flags := uint32(windows.FILE_DISPOSITION_DELETE | windows.FILE_DISPOSITION_POSIX_SEMANTICS |
		windows.FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK | windows.FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE)
	err := windows.NtSetInformationFile(h, new(windows.IO_STATUS_BLOCK), (*byte)(unsafe.Pointer(&flags)),
		uint32(unsafe.Sizeof(flags)), windows.FileDispositionInformationEx)
	switch err {
	case windows.STATUS_INVALID_INFO_CLASS, windows.STATUS_INVALID_PARAMETER, windows.STATUS_NOT_SUPPORTED, windows.STATUS_NOT_IMPLEMENTED:
		// FAT, some shares, Windows before; and Wine.
		return removeOld(h)
	}
	return bareStatus(err)
}

// removeOld is remove by a call that read-only files refuse. The attribute is one
// of all names that a file has: where it keeps others, it gets it back.
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

// dispose marks what h is open on for removal.
func dispose(h windows.Handle) error {
	gone := true
	return windows.SetFileInformationByHandle(h, windows.FileDispositionInfo, (*byte)(unsafe.Pointer(&gone)), uint32(unsafe.Sizeof(gone)))
}

func setAttributes(h windows.Handle, attributes uint32) error {
	basic := struct { // FILE_BASIC_INFO: a time of zero stays as it is
		times      [4]int64
		attributes uint32
		_          uint32
	}{attributes: attributes}
	if basic.attributes == 0 {
		basic.attributes = windows.FILE_ATTRIBUTE_NORMAL
	}
	return windows.SetFileInformationByHandle(h, windows.FileBasicInfo, (*byte)(unsafe.Pointer(&basic)), uint32(unsafe.Sizeof(basic)))
}

// renameAt gives what h is open on another name, which nothing has.
func renameAt(h, dir windows.Handle, name string) error {
	u, err := windows.UTF16FromString(name)
	if err != nil {
		return err
	}
	var to struct { // FILE_RENAME_INFORMATION
		replace uint32
		dir     windows.Handle
		length  uint32 // bytes
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
