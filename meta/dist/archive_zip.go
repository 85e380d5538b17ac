package dist

import (
	"archive/zip"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"gclean/internal/order"
)

// condaZip is the zip of a .conda: metadata.json, info-*.tar.zst and pkg-*.tar.zst.
//
// The tools read it differently: conda and mamba look for the parts in the directory at the
// end, rattler reads from the start. If the two differed, a file could be one package to
// one tool and another to the other. So gclean refuses it. All members must follow one
// another from the first byte to the directory, and have the same name, method, sizes and
// CRC in both places.
type condaZip struct {
	metadata  *zip.File // nil in old archives
	info, pkg *zip.File
	others    []*zip.File // unknown members; their CRCs are checked
}

// Signatures and lengths in a zip: APPNOTE.TXT 4.3.
const (
	zipLocalSig    = 0x04034b50
	zipEndSig      = 0x06054b50
	zipEnd64Sig    = 0x06064b50
	zipLocator64   = 0x07064b50
	zipLocalLen    = 30
	zipEndLen      = 22
	zipEnd64Len    = 56
	zipLocatorLen  = 20
	zipMaxComment  = 1<<16 - 1
	zipInDesc      = 1 << 3 // flag: sizes and CRC follow the data
	zipEncrypted   = 1 << 0
	zipExtra64     = 1 // extra field: 64-bit sizes
	zipMaxDesc     = 24
	zipUnknownSize = 1<<32 - 1
)

// zipMethods are the methods that gclean cannot read, but Python's zipfile or libarchive
// can, and so conda or mamba. No packer of .conda uses them.
var zipMethods = map[uint16]string{12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd"}

func openCondaZip(src *source, size int64) (*condaZip, error) {
	start, err := zipDirectory(src, size)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(src, size)
	if err == nil {
		err = checkZipLayout(src, z.File, start)
	}
	if src.err != nil {
		return nil, src.err
	}
	if err != nil {
		return nil, asDamage("the zip", err)
	}
	return condaParts(z.File)
}

// condaParts finds the parts by the last element of their names, as rattler does. conda and
// mamba require them at the top of the zip.
func condaParts(files []*zip.File) (*condaZip, error) {
	var c condaZip
	for _, f := range files {
		var part **zip.File
		switch name := path.Base(f.Name); {
		case strings.HasSuffix(f.Name, "/"):
		case name == "metadata.json" && c.metadata == nil: // no tool minds a second one
			part = &c.metadata
		case strings.HasPrefix(name, "info-") && strings.HasSuffix(name, ".tar.zst"):
			part = &c.info
		case strings.HasPrefix(name, "pkg-") && strings.HasSuffix(name, ".tar.zst"):
			part = &c.pkg
		}
		switch {
		case part == nil:
			c.others = append(c.others, f)
		case *part != nil:
			return nil, refused("holds both %s and %s", printable((*part).Name), printable(f.Name))
		default:
			*part = f
		}
	}
	for _, part := range []struct {
		name string
		file *zip.File
	}{{"info-*.tar.zst", c.info}, {"pkg-*.tar.zst", c.pkg}} {
		if part.file == nil {
			return nil, damaged("holds no %s", part.name)
		}
	}
	return &c, nil
}

// zipDirectory finds where the directory of a .conda begins. It refuses a directory larger
// than any real one before it allocates memory for it.
func zipDirectory(src io.ReaderAt, size int64) (start int64, err error) {
	end, err := zipEndOf(src, size)
	switch {
	case err != nil:
		return 0, err
	case end.count > maxZipMembers:
		return 0, tooLarge("the zip has %d members, %d are allowed", end.count, maxZipMembers)
	case end.length > maxDirectory:
		return 0, tooLarge("the directory of the zip has %d bytes, %d are allowed", end.length, maxDirectory)
	case end.offset > end.limit || end.offset+end.length != end.limit:
		return 0, damaged("the directory of the zip is not where its end says")
	}
	return int64(end.offset), nil
}

// zipEnd is what the end of a zip says about its directory.
type zipEnd struct {
	count          uint64 // number of members
	length, offset uint64 // in bytes
	limit          uint64 // end of the directory
}

func zipEndOf(src io.ReaderAt, size int64) (none zipEnd, err error) {
	tail := make([]byte, min(size, zipEnd64Len+zipLocatorLen+zipEndLen+zipMaxComment))
	base := size - int64(len(tail))
	if _, err := src.ReadAt(tail, base); err != nil && err != io.EOF {
		return none, err
	}
	at := len(tail) - zipEndLen
	for at >= 0 && binary.LittleEndian.Uint32(tail[at:]) != zipEndSig {
		at--
	}
	if at < 0 {
		return none, damaged("the zip is cut off: it has no directory at its end")
	}
	end := tail[at:]
	if n := int(binary.LittleEndian.Uint16(end[20:])); n != len(end)-zipEndLen {
		return none, damaged("%d bytes follow the end of the zip", len(end)-zipEndLen-n)
	}
	count := uint64(binary.LittleEndian.Uint16(end[10:]))
	length := uint64(binary.LittleEndian.Uint32(end[12:]))
	offset := uint64(binary.LittleEndian.Uint32(end[16:]))
	limit := uint64(base) + uint64(at)
	if loc := at - zipLocatorLen; loc >= 0 && binary.LittleEndian.Uint32(tail[loc:]) == zipLocator64 {
		rec := loc - zipEnd64Len
		if rec < 0 || binary.LittleEndian.Uint32(tail[rec:]) != zipEnd64Sig ||
			binary.LittleEndian.Uint64(tail[loc+8:]) != uint64(base)+uint64(rec) {
			return none, damaged("the zip has no 64-bit end where it says it has")
		}
		count = binary.LittleEndian.Uint64(tail[rec+32:])
		length = binary.LittleEndian.Uint64(tail[rec+40:])
		offset = binary.LittleEndian.Uint64(tail[rec+48:])
		limit = uint64(base) + uint64(rec)
	}
	return zipEnd{count: count, length: length, offset: offset, limit: limit}, nil
}

// checkZipLayout compares the header before each member with the directory, and refuses
// bytes that belong to no member.
func checkZipLayout(src io.ReaderAt, files []*zip.File, directory int64) error {
	type placed struct {
		*zip.File
		data int64
	}
	inOrder := make([]placed, len(files))
	for i, f := range files {
		switch {
		case f.Flags&zipEncrypted != 0:
			return refused("%s is encrypted", printable(f.Name))
		case zipMethods[f.Method] != "":
			return &flaw{ErrUnsupported, fmt.Sprintf("gclean cannot read %s, which is packed by %s", printable(f.Name), zipMethods[f.Method])}
		case f.Method != zip.Store && f.Method != zip.Deflate:
			return damaged("%s has the zip method %d; 0 is expected", printable(f.Name), f.Method)
		}
		data, err := f.DataOffset()
		if err != nil {
			return err
		}
		inOrder[i] = placed{f, data}
	}
	order.By(inOrder, func(a, b placed) int { return cmp.Compare(a.data, b.data) })
	var at int64
	for _, f := range inOrder {
		data, err := checkZipLocal(src, f.File, at)
		if err != nil {
			return err
		}
		if data != f.data {
			return damaged("%d bytes of the zip before %s belong to no member", f.data-data, printable(f.Name))
		}
		if f.CompressedSize64 > uint64(directory-data) {
			return damaged("%s is said to have %d bytes, but %d are there", printable(f.Name), f.CompressedSize64, directory-data)
		}
		at = data + int64(f.CompressedSize64)
		if f.Flags&zipInDesc != 0 {
			if at, err = skipZipDescriptor(src, f.File, at); err != nil {
				return err
			}
		}
	}
	if at != directory {
		return damaged("%d bytes of the zip before its directory belong to no member", directory-at)
	}
	return nil
}

// checkZipLocal compares the header at offset at with the directory, and returns where the
// member's data begins.
func checkZipLocal(src io.ReaderAt, f *zip.File, at int64) (data int64, err error) {
	head := make([]byte, zipLocalLen)
	if _, err := src.ReadAt(head, at); err != nil {
		return 0, err
	}
	le := binary.LittleEndian
	names, extras := int(le.Uint16(head[26:])), int(le.Uint16(head[28:]))
	rest := make([]byte, names+extras)
	if _, err := src.ReadAt(rest, at+zipLocalLen); err != nil {
		return 0, err
	}
	crc := le.Uint32(head[14:])
	packed, size := uint64(le.Uint32(head[18:])), uint64(le.Uint32(head[22:]))
	if packed == zipUnknownSize || size == zipUnknownSize {
		// Python writes this when it does not know the sizes in advance.
		if err := zipSizes64(rest[names:], &packed, &size); err != nil {
			return 0, err
		}
	}
	later := f.Flags&zipInDesc != 0 // then unknown values are 0
	same := (crc == f.CRC32 || later && crc == 0) &&
		(packed == f.CompressedSize64 || later && packed == 0) &&
		(size == f.UncompressedSize64 || later && size == 0)
	if le.Uint32(head) != zipLocalSig || string(rest[:names]) != f.Name ||
		le.Uint16(head[8:]) != f.Method || le.Uint16(head[6:]) != f.Flags || !same {
		return 0, damaged("what stands before %s differs from the directory of the zip", printable(f.Name))
	}
	return at + zipLocalLen + int64(len(rest)), nil
}

// zipSizes64 reads the sizes that do not fit into 32 bits.
func zipSizes64(extra []byte, packed, size *uint64) error {
	le := binary.LittleEndian
	for len(extra) >= 4 {
		tag, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			break
		}
		field := extra[:n]
		extra = extra[n:]
		if tag != zipExtra64 {
			continue
		}
		for _, v := range []*uint64{size, packed} { // in this order: 4.5.3
			if *v != zipUnknownSize {
				continue
			}
			if len(field) < 8 {
				return damaged("the zip lacks a size of 64 bits")
			}
			*v, field = le.Uint64(field), field[8:]
		}
		return nil
	}
	return damaged("the zip lacks a size of 64 bits")
}

// skipZipDescriptor returns the end of the sizes and CRC that follow a member's data. The
// sizes have 4 or 8 bytes each, with or without a signature before them. The variant that
// agrees with the directory is right.
func skipZipDescriptor(src io.ReaderAt, f *zip.File, at int64) (int64, error) {
	buf := make([]byte, zipMaxDesc)
	n, err := src.ReadAt(buf, at)
	if err != nil && err != io.EOF {
		return 0, err
	}
	le := binary.LittleEndian
	sig := le.AppendUint32(nil, 0x08074b50)
	crc := le.AppendUint32(nil, f.CRC32)
	long := le.AppendUint64(le.AppendUint64(slices.Clone(crc), f.CompressedSize64), f.UncompressedSize64)
	short := le.AppendUint32(le.AppendUint32(slices.Clone(crc), uint32(f.CompressedSize64)), uint32(f.UncompressedSize64))
	for _, want := range [][]byte{slices.Concat(sig, long), slices.Concat(sig, short), long, short} {
		if n >= len(want) && slices.Equal(buf[:len(want)], want) {
			return at + int64(len(want)), nil
		}
	}
	return 0, damaged("what stands behind %s differs from the directory of the zip", printable(f.Name))
}

// checkZipMember reads a member to its end, to check its CRC. Its errors are those of the
// disk, or damage.
func checkZipMember(src *source, f *zip.File) error {
	r, err := f.Open()
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(r, maxMetadata+1))
		if err == nil && f.UncompressedSize64 > maxMetadata {
			err = tooLarge("has %d bytes, %d are allowed", f.UncompressedSize64, maxMetadata)
		}
		r.Close()
	}
	return zipError(src, err)
}

// zipError classifies an error of reading a member.
func zipError(src *source, err error) error {
	switch {
	case err == nil:
		return nil
	case src.err != nil:
		return src.err
	case errors.Is(err, zip.ErrChecksum):
		return damaged("its CRC-32 is not the one that the zip states")
	}
	return asDamage("it", err)
}
