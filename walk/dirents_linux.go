package walk

import (
	"io/fs"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dirents reads the names of a folder with getdents64 into a buffer that it reuses, without
// an allocation for each name. BenchmarkDirents compares it with godirwalk's scanner and
// os.ReadDir.
type dirents struct {
	buf   []byte
	n     int // bytes filled
	pos   int // offset of the next record
	cur   int // offset of the current record
	fd    sysdir
	short bool // the last fill left room for the largest record, so the folder has probably ended
}

// direntsBuffer holds about 1,000 names. A smaller one needs another system call for large
// folders; a larger one causes page faults for small ones.
const direntsBuffer = 32 << 10

// maxDirent is the size of the largest record: header and a name of 255 bytes.
const maxDirent = 24 + 256

// newDirents leaves room behind the buffer, so that the last record too can be read as a
// whole unix.Dirent.
func newDirents() *dirents {
	const room = int(unsafe.Sizeof(unix.Dirent{}))
	return &dirents{buf: make([]byte, direntsBuffer+room)[:direntsBuffer]}
}

// reset starts to read the folder fd, from its current offset.
func (d *dirents) reset(fd sysdir) { d.fd, d.n, d.pos, d.short = fd, 0, 0, false }

// fill reads the next records into the buffer. It returns false at the end of the folder.
func (d *dirents) fill() (bool, error) {
	n, err := retry(func() (int, error) { return unix.Getdents(int(d.fd), d.buf) })
	if err != nil {
		return false, err
	}
	d.n, d.pos = n, 0
	d.short = n <= len(d.buf)-maxDirent
	return n > 0, nil
}

// ended reports that the folder has probably ended, because the buffer had room for more. A
// file system may return fewer records for reasons of its own, so callers must not rely on
// it without another proof (such as rmdir).
func (d *dirents) ended() bool { return d.short }

// next moves to the next name in the buffer; it skips "." and "..".
func (d *dirents) next() bool {
	for d.pos < d.n {
		d.cur = d.pos
		rec := (*unix.Dirent)(unsafe.Pointer(&d.buf[d.cur]))
		d.pos += int(rec.Reclen)
		if rec.Reclen == 0 {
			d.pos = d.n
			return false
		}
		name := d.name()
		if rec.Ino == 0 || name == "." || name == ".." {
			continue
		}
		return true
	}
	return false
}

// name returns the current name. It points into the buffer: clone it to keep it.
func (d *dirents) name() string {
	const off = int(unsafe.Offsetof(unix.Dirent{}.Name))
	rec := (*unix.Dirent)(unsafe.Pointer(&d.buf[d.cur]))
	b := d.buf[d.cur+off : d.cur+int(rec.Reclen)]
	for i, c := range b {
		if c == 0 {
			b = b[:i]
			break
		}
	}
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// kind returns the type bits of the current name; ok is false if the file system does not
// tell.
func (d *dirents) kind() (t fs.FileMode, ok bool) {
	switch (*unix.Dirent)(unsafe.Pointer(&d.buf[d.cur])).Type {
	case unix.DT_DIR:
		return fs.ModeDir, true
	case unix.DT_REG:
		return 0, true
	case unix.DT_LNK:
		return fs.ModeSymlink, true
	case unix.DT_FIFO:
		return fs.ModeNamedPipe, true
	case unix.DT_SOCK:
		return fs.ModeSocket, true
	case unix.DT_CHR:
		return fs.ModeDevice | fs.ModeCharDevice, true
	case unix.DT_BLK:
		return fs.ModeDevice, true
	}
	return 0, false
}
