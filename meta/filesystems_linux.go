package meta

import (
	"golang.org/x/sys/unix"

	"gclean/walk/open"
)

// mountPoints are what is mounted on this machine, as far as this process sees
// it; nothing where that cannot be read: then statfs says it of each place that
// is met. What is at /proc in an image need not be the system's.
func mountPoints() []mountPoint {
	data, err := open.ReadProc("self/mountinfo", maxMounts)
	if err != nil {
		return nil
	}
	return topmost(parseMountinfo(data))
}

// typeAt is the type of the file system that path is on, "" where it is not
// known.
func typeAt(path string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return ""
	}
	return typeOfMagic(uint32(st.Type))
}

// typeOfMagic is the type of a file system by its number in statfs(2).
func typeOfMagic(magic uint32) string {
	return map[uint32]string{
		unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs", unix.F2FS_SUPER_MAGIC: "f2fs",
		unix.TMPFS_MAGIC: "tmpfs", unix.RAMFS_MAGIC: "ramfs", unix.OVERLAYFS_SUPER_MAGIC: "overlay", unix.SQUASHFS_MAGIC: "squashfs",
		unix.EROFS_SUPER_MAGIC_V1: "erofs", 0x2fc12fc1: "zfs", unix.MSDOS_SUPER_MAGIC: "vfat", unix.EXFAT_SUPER_MAGIC: "exfat",
		unix.REISERFS_SUPER_MAGIC: "reiserfs", unix.NILFS_SUPER_MAGIC: "nilfs2", unix.ISOFS_SUPER_MAGIC: "iso9660", unix.UDF_SUPER_MAGIC: "udf",
		unix.ECRYPTFS_SUPER_MAGIC: "ecryptfs",
		unix.PROC_SUPER_MAGIC:     "proc", unix.SYSFS_MAGIC: "sysfs", unix.DEVPTS_SUPER_MAGIC: "devpts", unix.CGROUP_SUPER_MAGIC: "cgroup",
		unix.CGROUP2_SUPER_MAGIC: "cgroup2", unix.SECURITYFS_MAGIC: "securityfs", unix.DEBUGFS_MAGIC: "debugfs", unix.TRACEFS_MAGIC: "tracefs",
		unix.PSTOREFS_MAGIC: "pstore", unix.BPF_FS_MAGIC: "bpf", 0x19800202: "mqueue", unix.HUGETLBFS_MAGIC: "hugetlbfs",
		unix.NSFS_MAGIC: "nsfs", unix.SELINUX_MAGIC: "selinuxfs", unix.BINFMTFS_MAGIC: "binfmt_misc", unix.EFIVARFS_MAGIC: "efivarfs",
		unix.NFS_SUPER_MAGIC: "nfs", unix.SMB2_SUPER_MAGIC: "smb2", unix.CIFS_SUPER_MAGIC: "cifs", unix.V9FS_MAGIC: "9p",
		unix.FUSE_SUPER_MAGIC: "fuse", unix.CEPH_SUPER_MAGIC: "ceph", 0x0bd00bd0: "lustre", 0x47504653: "gpfs", 0x19830326: "beegfs",
		unix.AFS_SUPER_MAGIC: "afs", unix.AUTOFS_SUPER_MAGIC: "autofs",
	}[magic]
}
