package extents

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"

	"gclean/walk/mounts"
)

// ioctlFiemap is FS_IOC_FIEMAP, _IOWR('f', 11, struct fiemap).
const ioctlFiemap = 0xc020660b

// atOnce is how many extents one call returns at most: nearly all files of packages have
// fewer.
const atOnce = 32

// request is struct fiemap with room for the answer.
type request struct {
	start, length uint64
	flags         uint32
	mapped        uint32 // extents in the answer
	count         uint32 // extents that there is room for
	_             uint32
	extents       [atOnce]extent
}

// Asker asks for the extents of one file after the other. The zero value is usable, by one
// goroutine at a time.
type Asker struct{ request request }

// Shared returns how many bytes of the regular file name, in the open folder dir, are
// shared with another file. It returns 0 if the file system cannot tell. The error is that
// of opening the file.
//
// It does not set FIEMAP_FLAG_SYNC, which would write data to the disk that is not there
// yet. Such data is never shared, because cloning a file writes it first.
func (a *Asker) Shared(dir int, name string) (int64, error) {
	fd, err := again(func() (int, error) {
		return unix.Openat(dir, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	var sum, start uint64
	for {
		a.request.start, a.request.length = start, ^uint64(0)-start
		a.request.count, a.request.mapped = atOnce, 0
		if _, err := again(func() (int, error) { return 0, a.ask(fd) }); err != nil {
			return 0, nil
		}
		bytes, next, last := shared(a.request.extents[:min(a.request.mapped, atOnce)])
		sum += bytes
		if last || next <= start {
			return int64(sum), nil
		}
		start = next
	}
}

func (a *Asker) ask(fd int) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), ioctlFiemap, uintptr(unsafe.Pointer(&a.request)))
	if errno != 0 {
		return errno
	}
	return nil
}

func again(f func() (int, error)) (int, error) {
	for {
		n, err := f()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// MayBeShared reports whether files below the open folder dir can share extents, and the
// file system can tell which.
func MayBeShared(dir int) bool {
	var st unix.Statfs_t
	if _, err := again(func() (int, error) { return 0, unix.Fstatfs(dir, &st) }); err != nil {
		return false
	}
	fsType := mounts.TypeOf(uint32(st.Type))
	if fsType != "overlay" {
		return mounts.SharesExtents(fsType)
	}
	// Overlayfs passes clones on to the file system below it, without naming that. ext4 and
	// f2fs, which have no clones, can encrypt folders; XFS cannot. Only btrfs counts no
	// inodes.
	var stx unix.Statx_t
	_, err := again(func() (int, error) {
		return 0, unix.Statx(dir, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, 0, &stx)
	})
	return err == nil && (st.Files == 0 || stx.Attributes_mask&unix.STATX_ATTR_ENCRYPTED == 0)
}
