package walk

import (
	"golang.org/x/sys/unix"

	"gclean/walk/extents"
	"gclean/walk/mounts"
)

// Parts of the file handles that overlayfs makes (fs/overlayfs/overlayfs.h): three bytes of
// padding, then version, magic, length and flags.
const (
	overlayHandle  = 0xf8 // OVL_FILEID_V1
	overlayMagic   = 0xfb // OVL_FH_MAGIC
	overlayUpper   = 1 << 2
	atHandleFID    = 0x200 // AT_HANDLE_FID: a handle that only identifies an inode; Linux 6.6
	magicAt        = 4
	flagsAt        = 6
	leastOfAHandle = 7
)

func (s sysdir) layered() bool {
	var st unix.Statfs_t
	return unix.Fstatfs(int(s), &st) == nil && int64(st.Type) == unix.OVERLAYFS_SUPER_MAGIC
}

func (s sysdir) layer(name string) Layer {
	h, _, err := unix.NameToHandleAt(int(s), name, atHandleFID)
	if err != nil || h.Type() != overlayHandle {
		return LayerUnknown
	}
	b := h.Bytes()
	switch {
	case len(b) < leastOfAHandle || b[magicAt] != overlayMagic:
		return LayerUnknown
	case b[flagsAt]&overlayUpper != 0:
		return LayerUpper
	}
	return LayerLower
}

func (s sysdir) fsKind() (mounts.Kind, error) {
	return mounts.KindOfFile(int(s))
}

// look bypasses all caches (AT_STATX_FORCE_SYNC in statx(2)). If the kernel has no statx,
// or a seccomp filter blocks it, look uses the cached answer.
func (s sysdir) look(rel string) (Stat, error) {
	const flags = unix.AT_SYMLINK_NOFOLLOW | unix.AT_NO_AUTOMOUNT
	st, err := retry(func() (unix.Statx_t, error) {
		var x unix.Statx_t
		err := unix.Statx(int(s), rel, flags|unix.AT_STATX_FORCE_SYNC, unix.STATX_BASIC_STATS, &x)
		return x, err
	})
	if err == unix.ENOSYS || err == unix.EPERM {
		return s.lstat(rel)
	}
	if err != nil {
		return Stat{}, err
	}
	return Stat{
		ID:    ID{Dev: unix.Mkdev(st.Dev_major, st.Dev_minor), Ino: st.Ino},
		Mode:  modeOf(uint32(st.Mode)),
		Size:  int64(st.Size),
		Disk:  int64(st.Blocks) * 512,
		Nlink: uint64(st.Nlink),
		UID:   st.Uid,
		GID:   st.Gid,
		Mtime: st.Mtime.Sec*1e9 + int64(st.Mtime.Nsec),
		Ctime: st.Ctime.Sec*1e9 + int64(st.Ctime.Nsec),
	}, nil
}

func (s sysdir) mayShareExtents() bool { return extents.MayBeShared(int(s)) }

func (s sysdir) sharedExtents(a *extents.Asker, name string) int64 {
	n, err := a.Shared(int(s), name)
	if err != nil {
		return 0 // only its owner may read it
	}
	return n
}
