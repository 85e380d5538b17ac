package walk

import (
	"io/fs"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dirents reads the names of a folder by getdents64 into one buffer that it
// keeps: no allocation per name. BenchmarkDirents compares it with godirwalk's
// scanner and os.ReadDir.
type dirents struct {
	buf   []byte
	n     int // bytes filled
	pos   int // offset of the next record
	cur   int // offset of the current record
	fd    sysdir
	short bool // the last fill left room for a largest name: the folder has ended
}

// direntsBuffer holds about 1,000 names. A smaller one costs a system call
// more for large folders; a larger one costs page faults for small ones.
const direntsBuffer = 32 << 10

// maxDirent is the largest record: header and a name of 255 bytes.
const maxDirent = 24 + 256

// newDirents leaves room behind the buffer, so that its last record too can be
// looked at as a whole unix.Dirent.
func newDirents() *dirents {
	const room = int(unsafe.Sizeof(unix.Dirent{}))
	return &dirents{buf: make([]byte, direntsBuffer+room)[:direntsBuffer]}
}

// reset starts on the folder fd, from wherever its offset is.
func (d *dirents) reset(fd sysdir) { d.fd, d.n, d.pos, d.short = fd, 0, 0, false }

// fill reads the next bufferful; false at the end of the folder.
func (d *dirents) fill() (bool, error) {
	n, err := retry(func() (int, error) { return unix.Getdents(int(d.fd), d.buf) })
	if err != nil {
		return false, err
	}
	d.n, d.pos = n, 0
	d.short = n <= len(d.buf)-maxDirent
	return n > 0, nil
}

// ended says that the bufferful is likely the last: it had room for more.
// A file system may also stop early for reasons of its own, so whoever relies
// on it needs another proof (rmdir is one).
func (d *dirents) ended() bool { return d.short }

// next moves to the next name of the bufferful, "." and ".." passed over.
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

// name is the current name. It points into the buffer: clone it to keep it.
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

// kind is the type bits of the current name; ok is false where the file
// system does not say.
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
