package meta

import (
	"fmt"
	"testing"
)

func TestParseMountinfo(t *testing.T) {
	const text = `22 28 0:21 / /proc rw,nosuid shared:13 - proc proc rw
28 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
60 28 0:50 / /net/my\040data rw shared:1 master:2 - autofs systemd-1 rw
61 60 0:51 / /net/my\040data rw - nfs4 server:/export rw
62 28 8:2 /a /b\134c\9 rw - ext4 /dev/sda2 rw
broken
63 28 8:2 / /x rw
`
	want := `[{/proc proc} {/ ext4} {/net/my data nfs4} {/b\c\9 ext4}]`
	if got := fmt.Sprint(topmost(parseMountinfo([]byte(text)))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestKindOf(t *testing.T) {
	for fsType, want := range map[string]fsKind{
		"ext4": fsLocal, "xfs": fsLocal, "zfs": fsLocal, "overlay": fsLocal, "tmpfs": fsLocal, "apfs": fsLocal, "fuseblk": fsLocal,
		"proc": fsPseudo, "cgroup2": fsPseudo, "devtmpfs": fsPseudo, "fuse.lxcfs": fsPseudo,
		"nfs4": fsRemote, "fuse.sshfs": fsRemote, "autofs": fsRemote, "lustre": fsRemote, "9p": fsRemote,
		"": fsUnknown, "new-fs": fsUnknown,
	} {
		if got := kindOf(fsType); got != want {
			t.Errorf("%q: %d, want %d", fsType, got, want)
		}
	}
}
