package walk

import "golang.org/x/sys/unix"

func (s sysdir) fsKind() (FSKind, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(s), &st); err != nil {
		return FSKind{}, err
	}
	return fsKindOf(uint32(st.Type)), nil // some magics do not fit the type that some architectures have
}

// fsKindOf tells a file system by the magic number of statfs(2), as the table of
// coreutils (S_MAGIC_* in src/stat.c) names and classes them.
func fsKindOf(magic uint32) FSKind {
	if name, ok := networkMagics()[magic]; ok {
		return FSKind{ReachNetwork, name}
	}
	if name, ok := localMagics()[magic]; ok {
		return FSKind{ReachLocal, name}
	}
	if magic == unix.FUSE_SUPER_MAGIC {
		return FSKind{ReachUnknown, "fuse"}
	}
	return FSKind{}
}

func networkMagics() map[uint32]string {
	return map[uint32]string{
		unix.NFS_SUPER_MAGIC:   "nfs",
		unix.SMB_SUPER_MAGIC:   "smb",
		unix.SMB2_SUPER_MAGIC:  "smb2",
		unix.CIFS_SUPER_MAGIC:  "cifs",
		unix.CEPH_SUPER_MAGIC:  "ceph",
		unix.V9FS_MAGIC:        "9p",
		unix.AFS_SUPER_MAGIC:   "afs",
		unix.AFS_FS_MAGIC:      "kafs",
		unix.CODA_SUPER_MAGIC:  "coda",
		unix.OCFS2_SUPER_MAGIC: "ocfs2",
		0x0bd00bd0:             "lustre",
		0x47504653:             "gpfs",
		0x19830326:             "beegfs",
		0x01161970:             "gfs2",
		0x20030528:             "orangefs",
		0xaad7aaea:             "panfs",
		0xbeefdead:             "snfs",
		0x013111a8:             "ibrix",
		0x61636673:             "acfs",
		0xa501fcf5:             "vxfs",
		0x0000564c:             "ncp",
		0x786f4256:             "vboxsf",
		0xbacbacbc:             "vmhgfs",
		0x7c7c6673:             "prl_fs",
	}
}

func localMagics() map[uint32]string {
	return map[uint32]string{
		unix.EXT4_SUPER_MAGIC:      "ext4",
		unix.XFS_SUPER_MAGIC:       "xfs",
		unix.BTRFS_SUPER_MAGIC:     "btrfs",
		unix.F2FS_SUPER_MAGIC:      "f2fs",
		unix.TMPFS_MAGIC:           "tmpfs",
		unix.RAMFS_MAGIC:           "ramfs",
		unix.OVERLAYFS_SUPER_MAGIC: "overlay",
		unix.SQUASHFS_MAGIC:        "squashfs",
		unix.MSDOS_SUPER_MAGIC:     "msdos",
		unix.EXFAT_SUPER_MAGIC:     "exfat",
		unix.ECRYPTFS_SUPER_MAGIC:  "ecryptfs",
		0x2fc12fc1:                 "zfs",
		0xca451a4e:                 "bcachefs",
		0x7366746e:                 "ntfs3",
		0x3153464a:                 "jfs",
		0x52654973:                 "reiserfs",
	}
}
