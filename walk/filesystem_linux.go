package walk

import (
	"golang.org/x/sys/unix"

	"gclean/walk/mounts"
)

// The handles that overlayfs makes of its inodes (fs/overlayfs/overlayfs.h):
// three bytes of padding, then version, magic, length, flags.
const (
	overlayHandle  = 0xf8 // OVL_FILEID_V1
	overlayMagic   = 0xfb // OVL_FH_MAGIC
	overlayUpper   = 1 << 2
	atHandleFID    = 0x200 // AT_HANDLE_FID: a name for an inode, not to open it by; Linux 6.6
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
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(s), &st); err != nil {
		return mounts.Unknown, err
	}
	return mounts.KindOf(mounts.TypeOf(uint32(st.Type))), nil // some numbers do not fit the type that some architectures have
}
