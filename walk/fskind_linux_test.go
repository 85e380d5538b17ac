package walk

import "testing"

func TestFSKindOf(t *testing.T) {
	for magic, want := range map[uint32]FSKind{
		0x00006969: {ReachNetwork, "nfs"},
		0xff534d42: {ReachNetwork, "cifs"},
		0xfe534d42: {ReachNetwork, "smb2"},
		0x0000517b: {ReachNetwork, "smb"},
		0x00c36400: {ReachNetwork, "ceph"},
		0x0bd00bd0: {ReachNetwork, "lustre"},
		0x47504653: {ReachNetwork, "gpfs"},
		0x19830326: {ReachNetwork, "beegfs"},
		0x01021997: {ReachNetwork, "9p"},
		0x0000ef53: {ReachLocal, "ext4"},
		0x58465342: {ReachLocal, "xfs"},
		0x9123683e: {ReachLocal, "btrfs"},
		0x794c7630: {ReachLocal, "overlay"},
		0x01021994: {ReachLocal, "tmpfs"},
		0x65735546: {ReachUnknown, "fuse"},
		0x12345678: {},
	} {
		if got := fsKindOf(magic); got != want {
			t.Errorf("%#x: %+v, want %+v", magic, got, want)
		}
	}
}

func TestFSKindOfAFolder(t *testing.T) {
	d, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	kind, err := d.FSKind()
	if err != nil || kind.Reach != ReachUnknown && kind.Name == "" {
		t.Errorf("%+v, %v", kind, err)
	}
}
