package mounts

import "strings"

// Kind says who else can reach a file system.
type Kind int

// The kinds of file systems.
const (
	Unknown Kind = iota
	Local        // on a disk or in the memory of this machine, which alone can reach it
	Network      // other machines can reach it too, or the host of this virtual machine
	Program      // made by a program (FUSE), which may use local disks or a network
	Pseudo       // made by the kernel; nobody keeps files in it
)

// fileSystem has the names of one or several file systems of one kind.
type fileSystem struct {
	kind  Kind
	types string // separated by spaces; magic belongs to the first
	magic uint32 // number in statfs(2); 0 if unknown, or if another file system has the same
}

// fileSystems are the known file systems. Types are those in /proc/self/mountinfo, and in
// statfs(2) of macOS and FreeBSD. Numbers are those in statfs(2) of Linux, with the names
// and classes of coreutils (S_MAGIC_* in src/stat.c).
var fileSystems = [...]fileSystem{
	{Local, "ext4 ext2 ext3", 0xef53},
	{Local, "xfs", 0x58465342},
	{Local, "btrfs", 0x9123683e},
	{Local, "bcachefs", 0xca451a4e},
	{Local, "zfs", 0x2fc12fc1},
	{Local, "f2fs", 0xf2f52010},
	{Local, "jfs", 0x3153464a},
	{Local, "reiserfs", 0x52654973},
	{Local, "nilfs2", 0x3434},
	{Local, "tmpfs", 0x01021994},
	{Local, "ramfs", 0x858458f6},
	{Local, "overlay", 0x794c7630},
	{Local, "ecryptfs", 0xf15f},
	{Local, "vfat msdos", 0x4d44},
	{Local, "exfat", 0x2011bab0},
	{Local, "ntfs3", 0x7366746e},
	{Local, "squashfs", 0x73717368},
	{Local, "erofs", 0xe0f5e1e2},
	{Local, "iso9660", 0x9660},
	{Local, "udf", 0x15013346},
	{Local, "ubifs jffs2 aufs ntfs fuseblk apfs hfs hfsplus ufs", 0},

	{Network, "nfs nfs4", 0x6969},
	{Network, "cifs", 0xff534d42},
	{Network, "smb2 smb3", 0xfe534d42},
	{Network, "smb smbfs", 0x517b},
	{Network, "9p", 0x01021997},
	{Network, "ceph", 0x00c36400},
	{Network, "lustre", 0x0bd00bd0},
	{Network, "gpfs mmfs", 0x47504653},
	{Network, "beegfs", 0x19830326},
	{Network, "afs auristorfs", 0x5346414f},
	{Network, "kafs", 0x6b414653},
	{Network, "coda", 0x73757245},
	{Network, "ocfs2", 0x7461636f},
	{Network, "gfs2", 0x01161970},
	{Network, "orangefs pvfs2", 0x20030528},
	{Network, "panfs", 0xaad7aaea},
	{Network, "snfs", 0xbeefdead},
	{Network, "ibrix", 0x013111a8},
	{Network, "acfs", 0x61636673},
	{Network, "vxfs", 0xa501fcf5},
	{Network, "ncp ncpfs", 0x564c},
	{Network, "vboxsf", 0x786f4256},
	{Network, "vmhgfs", 0xbacbacbc},
	{Network, "prl_fs", 0x7c7c6673},
	{Network, "virtiofs glusterfs wekafs webdav afpfs", 0},

	{Program, "fuse", 0x65735546},
	// These serve this machine's own disks.
	{Program, "fuse.fuse-overlayfs fuse.overlayfs fuse.squashfuse fuse.ntfs-3g fuse.ext2 fuse.ext4 fuse.exfat " +
		"fuse.bindfs fuse.mergerfs fuse.unionfs fuse.gocryptfs fuse.encfs fuse.cryfs", 0},

	{Pseudo, "proc", 0x9fa0},
	{Pseudo, "sysfs", 0x62656572},
	{Pseudo, "devpts", 0x1cd1},
	{Pseudo, "cgroup", 0x0027e0eb},
	{Pseudo, "cgroup2", 0x63677270},
	{Pseudo, "securityfs", 0x73636673},
	{Pseudo, "debugfs", 0x64626720},
	{Pseudo, "tracefs", 0x74726163},
	{Pseudo, "pstore", 0x6165676c},
	{Pseudo, "bpf", 0xcafe4a11},
	{Pseudo, "mqueue", 0x19800202},
	{Pseudo, "hugetlbfs", 0x958458f6},
	{Pseudo, "nsfs", 0x6e736673},
	{Pseudo, "selinuxfs", 0xf97cff8c},
	{Pseudo, "binfmt_misc", 0x42494e4d},
	{Pseudo, "efivarfs", 0xde5e81e4},
	{Pseudo, "devtmpfs devfs cpuset fusectl configfs rpc_pipefs nfsd smackfs resctrl fdescfs linprocfs linsysfs procfs " +
		"fuse.lxcfs fuse.portal", 0},

	// An automounter; nobody knows what it will mount.
	{Unknown, "autofs", 0x0187},
}

// KindOf returns the kind of a file system by its type. An unknown FUSE program counts as a
// network file system.
func KindOf(fsType string) Kind {
	for _, fs := range fileSystems {
		for name := range strings.FieldsSeq(fs.types) {
			if name == fsType {
				return fs.kind
			}
		}
	}
	if strings.HasPrefix(fsType, "fuse.") {
		return Network
	}
	return Unknown
}

// TypeOf returns the type of a file system by its number in statfs(2) of Linux, or "" if
// unknown.
func TypeOf(magic uint32) string {
	for _, fs := range fileSystems {
		if fs.magic == magic && magic != 0 {
			name, _, _ := strings.Cut(fs.types, " ")
			return name
		}
	}
	return ""
}

// SharesExtents reports whether files on a file system of that type can share data
// (FICLONE), and the system tells which do (FIEMAP). ZFS does not tell.
func SharesExtents(fsType string) bool {
	switch fsType {
	case "btrfs", "xfs", "bcachefs", "ocfs2":
		return true
	}
	return false
}
