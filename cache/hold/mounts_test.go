package hold

import (
	"slices"
	"testing"

	"gclean/walk/mounts"
)

func mountTable(t *testing.T, text string) mounts.Table {
	t.Helper()
	list, err := mounts.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestMountSources(t *testing.T) {
	list := mountTable(t, `27 1 254:0 / / rw - ext4 /dev/vda rw
28 27 254:0 /opt/pkgs/a-1-0/share /srv/a\040share rw - ext4 /dev/vda rw
29 27 254:0 /opt/pkgs/b-1-0 /srv/b rw - ext4 /dev/vda rw
30 27 254:0 /opt/pkgs/c-1-0/bin/c /usr/bin/c rw - ext4 /dev/vda rw
31 27 254:0 /opt/pkgs /again rw - ext4 /dev/vda rw
32 27 254:0 /opt/pkgs-old/x /x rw - ext4 /dev/vda rw
33 27 0:9 /opt/pkgs/d-1-0 /d rw - tmpfs other rw
34 27 8:1 /@home/ann /home/ann rw - btrfs /dev/sdb rw,subvol=/@home
35 27 8:1 /@home/ann/pkgs/e-1-0 /e rw - btrfs /dev/sdb rw
`)
	for cache, want := range map[string][]source{
		"/opt/pkgs": {
			{"/opt/pkgs/a-1-0/share", "/srv/a share"},
			{"/opt/pkgs/b-1-0", "/srv/b"},
			{"/opt/pkgs/c-1-0/bin/c", "/usr/bin/c"},
		},
		"/again": { // by another name of the cache
			{"/opt/pkgs/a-1-0/share", "/srv/a share"},
			{"/opt/pkgs/b-1-0", "/srv/b"},
			{"/opt/pkgs/c-1-0/bin/c", "/usr/bin/c"},
		},
		"/home/ann/pkgs": {{"/@home/ann/pkgs/e-1-0", "/e"}},
		"/home/bob/pkgs": nil,
	} {
		on, _ := list.At(cache)
		if got := sourcesIn(list, on, on.Inside(cache)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", cache, got, want)
		}
	}
}
