package meta

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
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
	table := newMountTable(parseMountinfo([]byte(mountinfoOfTest)))
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

func TestParseFstab(t *testing.T) {
	got := parseFstab([]byte(`# /etc/fstab
UUID=1 / ext4 defaults 0 1
UUID=2 none swap sw 0 0
UUID=3 swap swap sw
/swapfile /swap swap sw
server:/x /scratch/ nfs4 noauto,user
/src	/my\040disk	none	bind
relative path ext4
/dev/sdc /short

`))
	if want := []string{"/scratch", "/my disk"}; filepath.Separator == '/' && !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzMounts(f *testing.F) {
	for _, seed := range []string{mountinfoOfTest, "a /b c", `1 2 3 / /\04 x - y`, `x /\777 z`, "- - - - - - - -\n", `\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list := parseMountinfo([]byte(text))
		newMountTable(list)
		if len(list) > strings.Count(text, "\n")+1 {
			t.Errorf("%d mounts", len(list))
		}
		for _, point := range parseFstab([]byte(text)) {
			if !filepath.IsAbs(point) || point == filepath.Dir(point) {
				t.Errorf("mount point %q", point)
			}
		}
	})
}
