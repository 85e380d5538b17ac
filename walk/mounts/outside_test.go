package mounts

import (
	"slices"
	"testing"
)

func TestOutside(t *testing.T) {
	const table = `1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 8:2 / /home rw - ext4 /dev/sda2 rw
3 1 0:5 / /dev rw - devtmpfs dev rw
4 1 8:3 / /mnt rw - ext4 /dev/sdb1 rw
5 4 8:4 / /mnt/home rw - ext4 /dev/sdb2 rw
6 1 8:2 / /srv/chroot/home rw - ext4 /dev/sda2 rw
7 1 8:2 /u/data /srv/chroot/data rw - ext4 /dev/sda2 rw
8 1 8:1 / /srv/chroot/host rw - ext4 /dev/sda1 rw
9 1 8:1 /srv/chroot/opt /srv/chroot/usr/opt rw - ext4 /dev/sda1 rw
10 1 8:1 /srv/chrootother /srv/chroot/other rw - ext4 /dev/sda1 rw
11 1 0:9 / /srv/chroot/proc rw - proc proc rw
12 1 0:5 / /srv/chroot/dev rw - devtmpfs dev rw
13 1 0:40 / /host rw - overlay overlay rw
14 13 8:9 / /host/var rw - ext4 /dev/sdc1 rw
15 1 8:9 /kubelet/hosts /etc/hosts rw - ext4 /dev/sdc1 rw
16 1 8:5 / /srv/two rw - ext4 /dev/sdd1 rw
17 16 8:2 / /srv/two/a rw - ext4 /dev/sda2 rw
18 17 8:6 / /srv/two/a rw - ext4 /dev/sde1 rw
`
	m, err := Parse([]byte(table))
	if err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string][]string{
		// A disk with its own /home that is mounted for repair.
		"/mnt": nil,
		// A chroot with folders of the host; bind mounts from inside are its own.
		"/srv/chroot": {"/srv/chroot/home", "/srv/chroot/data", "/srv/chroot/host", "/srv/chroot/other", "/srv/chroot/dev"},
		// The host, in a container that has one of its files.
		"/host": nil,
		// Mounts covered by another are invisible.
		"/srv/two": nil,
		"/":        nil,
	} {
		if got := m.Outside(dir); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
}
