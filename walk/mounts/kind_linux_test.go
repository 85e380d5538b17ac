package mounts

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestMagics compares the numbers with those in the system's headers.
func TestMagics(t *testing.T) {
	for want, magic := range map[string]uint32{
		"ext4": unix.EXT4_SUPER_MAGIC, "xfs": unix.XFS_SUPER_MAGIC, "btrfs": unix.BTRFS_SUPER_MAGIC, "f2fs": unix.F2FS_SUPER_MAGIC,
		"tmpfs": unix.TMPFS_MAGIC, "ramfs": unix.RAMFS_MAGIC, "overlay": unix.OVERLAYFS_SUPER_MAGIC, "squashfs": unix.SQUASHFS_MAGIC,
		"erofs": unix.EROFS_SUPER_MAGIC_V1, "vfat": unix.MSDOS_SUPER_MAGIC, "exfat": unix.EXFAT_SUPER_MAGIC,
		"reiserfs": unix.REISERFS_SUPER_MAGIC, "nilfs2": unix.NILFS_SUPER_MAGIC, "iso9660": unix.ISOFS_SUPER_MAGIC,
		"udf": unix.UDF_SUPER_MAGIC, "ecryptfs": unix.ECRYPTFS_SUPER_MAGIC,
		"nfs": unix.NFS_SUPER_MAGIC, "smb": unix.SMB_SUPER_MAGIC, "smb2": unix.SMB2_SUPER_MAGIC, "cifs": unix.CIFS_SUPER_MAGIC,
		"ceph": unix.CEPH_SUPER_MAGIC, "9p": unix.V9FS_MAGIC, "afs": unix.AFS_SUPER_MAGIC, "kafs": unix.AFS_FS_MAGIC,
		"coda": unix.CODA_SUPER_MAGIC, "ocfs2": unix.OCFS2_SUPER_MAGIC, "fuse": unix.FUSE_SUPER_MAGIC, "autofs": unix.AUTOFS_SUPER_MAGIC,
		"proc": unix.PROC_SUPER_MAGIC, "sysfs": unix.SYSFS_MAGIC, "devpts": unix.DEVPTS_SUPER_MAGIC, "cgroup": unix.CGROUP_SUPER_MAGIC,
		"cgroup2": unix.CGROUP2_SUPER_MAGIC, "securityfs": unix.SECURITYFS_MAGIC, "debugfs": unix.DEBUGFS_MAGIC,
		"tracefs": unix.TRACEFS_MAGIC, "pstore": unix.PSTOREFS_MAGIC, "bpf": unix.BPF_FS_MAGIC, "hugetlbfs": unix.HUGETLBFS_MAGIC,
		"nsfs": unix.NSFS_MAGIC, "selinuxfs": unix.SELINUX_MAGIC, "binfmt_misc": unix.BINFMTFS_MAGIC, "efivarfs": unix.EFIVARFS_MAGIC,
	} {
		if got := TypeOf(magic); got != want {
			t.Errorf("%#x: %q, want %q", magic, got, want)
		}
	}
}
