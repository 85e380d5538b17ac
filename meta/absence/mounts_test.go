package absence

import (
	"testing"

	"gclean/walk/mounts"
)

const mountinfoOfTest = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 27 0:30 / /home rw master:2 propagate_from:1 - autofs systemd-1 rw,fd=30,indirect
31 27 0:31 / /my\040disk\134 rw - xfs /dev/sdb rw
32 27 0:32 / /data rw - autofs systemd-1 rw,direct
33 32 0:33 / /data rw - nfs4 server:/data rw
bad line
34 27 0:34 / /cut rw -
`

func TestMountTable(t *testing.T) {
	list, err := mounts.Parse([]byte(mountinfoOfTest))
	if err == nil {
		t.Error("bad lines are no error")
	}
	table := newMountTable(list)
	for path, want := range map[string]mountState{
		"/": mounted, "/home": automounted, "/home/u": notMounted, `/my disk\`: mounted, "/data": mounted, "/cut": notMounted,
	} {
		if got := table.at(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	if (mountTable{}).at("/") != notMounted {
		t.Error("a table of nothing has a mount")
	}
}
