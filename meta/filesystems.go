package meta

import (
	"slices"
	"strings"
)

// fsKind says what a file system means to a search.
type fsKind int

const (
	fsUnknown fsKind = iota
	fsLocal          // on a disk or in the memory of this machine: searched
	fsPseudo         // of the kernel: has no environments
	fsRemote         // on a network, or made by a program: told of
)

// kindOf is the kind of a file system by its type, as in /proc/self/mountinfo
// and statfs(2) of macOS and FreeBSD.
func kindOf(fsType string) fsKind {
	switch {
	case slices.Contains(localTypes[:], fsType):
		return fsLocal
	case slices.Contains(pseudoTypes[:], fsType):
		return fsPseudo
	case slices.Contains(remoteTypes[:], fsType), strings.HasPrefix(fsType, "fuse."):
		return fsRemote
	}
	return fsUnknown
}

var localTypes = [...]string{
	"ext2", "ext3", "ext4", "xfs", "btrfs", "bcachefs", "zfs", "f2fs", "jfs", "reiserfs", "nilfs2", "ubifs", "jffs2",
	"tmpfs", "ramfs", "overlay", "aufs", "ecryptfs", "apfs", "hfs", "hfsplus", "ufs", "vfat", "msdos", "exfat",
	"ntfs", "ntfs3", "fuseblk", "squashfs", "erofs", "iso9660", "udf",
}

var pseudoTypes = [...]string{
	"proc", "sysfs", "devtmpfs", "devpts", "devfs", "cgroup", "cgroup2", "cpuset", "securityfs", "debugfs", "tracefs", "pstore",
	"bpf", "mqueue", "hugetlbfs", "fusectl", "configfs", "binfmt_misc", "efivarfs", "nsfs", "rpc_pipefs", "nfsd", "selinuxfs",
	"smackfs", "resctrl", "fdescfs", "linprocfs", "linsysfs", "procfs", "fuse.lxcfs", "fuse.portal",
}

var remoteTypes = [...]string{
	"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "virtiofs", "fuse", "ceph", "lustre", "gpfs", "beegfs", "afs", "coda",
	"glusterfs", "orangefs", "pvfs2", "panfs", "wekafs", "ncpfs", "ocfs2", "gfs2", "autofs", "webdav", "afpfs",
}

// mountPoint is a line of a mountinfo.
type mountPoint struct {
	path   string
	fsType string
}

// topmost are the places at which something is mounted, with what is seen there:
// of what is mounted at one place over another, the last.
func topmost(mounts []mount) []mountPoint {
	var list []mountPoint
	at := map[string]int{}
	for _, x := range mounts {
		m := mountPoint{x.point, x.fstype}
		if i, ok := at[m.path]; ok {
			list[i] = m
			continue
		}
		at[m.path] = len(list)
		list = append(list, m)
	}
	return list
}
