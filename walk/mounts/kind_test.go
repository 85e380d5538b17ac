package mounts

import (
	"strings"
	"testing"
)

func TestKindOf(t *testing.T) {
	for kind, types := range map[Kind]string{
		Local:   "ext4 xfs zfs overlay tmpfs apfs fuseblk vfat msdos",
		Pseudo:  "proc cgroup2 devtmpfs fuse.lxcfs",
		Network: "nfs4 fuse.sshfs lustre 9p virtiofs smb3 kafs fuse.new",
		Program: "fuse fuse.fuse-overlayfs fuse.bindfs",
		Unknown: "autofs new-fs ext",
	} {
		for fsType := range strings.FieldsSeq(types) {
			if got := KindOf(fsType); got != kind {
				t.Errorf("%q: %d, want %d", fsType, got, kind)
			}
		}
	}
	if got := KindOf(""); got != Unknown {
		t.Errorf("no type: %d", got)
	}
}

func TestTypeOf(t *testing.T) {
	for magic, want := range map[uint32]string{
		0x00006969: "nfs",
		0xff534d42: "cifs",
		0xfe534d42: "smb2",
		0x0000517b: "smb",
		0x00c36400: "ceph",
		0x0bd00bd0: "lustre",
		0x47504653: "gpfs",
		0x19830326: "beegfs",
		0x01021997: "9p",
		0x0000ef53: "ext4",
		0x58465342: "xfs",
		0x9123683e: "btrfs",
		0x794c7630: "overlay",
		0x01021994: "tmpfs",
		0x65735546: "fuse",
		0x12345678: "",
		0:          "",
	} {
		if got := TypeOf(magic); got != want {
			t.Errorf("%#x: %q, want %q", magic, got, want)
		}
	}
}

// TestFileSystemsOnce: no type and no number stands for two file systems.
func TestFileSystemsOnce(t *testing.T) {
	types, magics := map[string]bool{}, map[uint32]bool{0: false}
	for _, fs := range fileSystems {
		for fsType := range strings.FieldsSeq(fs.types) {
			if types[fsType] {
				t.Errorf("%s is there twice", fsType)
			}
			types[fsType] = true
		}
		if magics[fs.magic] {
			t.Errorf("%#x is there twice", fs.magic)
		}
		magics[fs.magic] = fs.magic != 0
	}
}
