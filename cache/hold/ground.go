package hold

import (
	"slices"
	"strings"

	"gclean/walk"
)

// groundOf says what a cache is on: at path, free of symlinks, on a file system of
// this kind. Where mountinfo does not tell, it counts as being from outside.
func groundOf(m Mounts, path string, kind walk.FSKind) Ground {
	at, ok := m.At(path)
	if !ok {
		return Ground{Network: kind.Reach == walk.ReachNetwork, Outside: true}
	}
	top, ok := m.At("/")
	return Ground{
		Network: kind.Reach == walk.ReachNetwork || kind.Reach == walk.ReachUnknown && isNetworkType(at.Type),
		Outside: !ok || at.ID != top.ID,
	}
}

// isNetworkType tells a file system of a network by the type that mountinfo gives.
// Programs behind FUSE are of networks, the ones aside that are known to serve this
// machine's own disks.
func isNetworkType(name string) bool {
	if sub, ok := strings.CutPrefix(name, "fuse."); ok {
		return !slices.Contains([]string{
			"fuse-overlayfs", "overlayfs", "squashfuse", "ntfs-3g", "ext2", "ext4", "exfat", "lxcfs", "bindfs",
			"mergerfs", "unionfs", "gocryptfs", "encfs", "cryfs",
		}, sub)
	}
	return slices.Contains([]string{
		"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "lustre", "gpfs", "mmfs", "beegfs", "9p", "virtiofs",
		"afs", "auristorfs", "panfs", "orangefs", "pvfs2", "wekafs", "glusterfs", "ocfs2", "gfs2", "vboxsf", "prl_fs", "vmhgfs",
	}, name)
}
