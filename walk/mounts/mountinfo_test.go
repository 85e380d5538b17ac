package mounts

import (
	"slices"
	"testing"
)

func parse(t *testing.T, text string) Table {
	t.Helper()
	list, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestParse(t *testing.T) {
	list, err := Parse([]byte(`27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 0:37 /a\040b /srv/x\134y rw shared:1 master:2 - fuse.sshfs host:/d rw
what is this
41 27 0:38 / /mnt rw - tmpfs
42 27 0:39 / /n rw - nfs4 server:/e rw,vers=4.2
`))
	want := Table{
		{ID: "27", Parent: "1", Device: "254:0", Root: "/", Point: "/", Type: "ext4", Source: "/dev/vda", Super: "rw,discard"},
		{ID: "40", Parent: "27", Device: "0:37", Root: "/a b", Point: `/srv/x\y`, Type: "fuse.sshfs", Source: "host:/d", Super: "rw"},
		{ID: "42", Parent: "27", Device: "0:39", Root: "/", Point: "/n", Type: "nfs4", Source: "server:/e", Super: "rw,vers=4.2"},
	}
	if err == nil || !slices.Equal(list, want) {
		t.Errorf("%v, %+v", err, list)
	}
}

func TestMountOfAPath(t *testing.T) {
	tree := parse(t, `27 1 254:0 / / rw - ext4 /dev/vda rw
30 27 0:1 / /a/b rw - tmpfs hidden rw
31 27 0:2 / /a rw - tmpfs first rw
32 31 0:3 / /a rw - tmpfs second rw
33 32 0:4 / /a/b rw - tmpfs inner rw
34 27 8:1 /data /srv rw - xfs /dev/sdb rw
`)
	noTop := parse(t, `40 27 0:1 / /a rw - tmpfs one rw
41 27 0:2 / /a rw - tmpfs two rw
42 27 0:3 / /a/b rw - tmpfs three rw
`)
	for _, c := range []struct {
		list     Table
		path, id string
	}{
		{tree, "/x", "27"},
		{tree, "/a", "32"},
		{tree, "/a/c", "32"},
		{tree, "/a/b", "33"}, // mount 30 is below /a of the root, which is covered
		{tree, "/ab", "27"},
		{tree, "/srv/pkgs", "34"},
		{tree, "/srvx", "27"},
		{noTop, "/a/x", "41"},
		{noTop, "/a/b/x", "42"},
		{noTop, "/x", ""},
		{nil, "/", ""},
	} {
		if got, ok := c.list.At(c.path); got.ID != c.id || ok != (c.id != "") {
			t.Errorf("%s: %+v, %v, want %s", c.path, got, ok, c.id)
		}
	}
}

func TestTopmost(t *testing.T) {
	const text = `22 28 0:21 / /proc rw,nosuid shared:13 - proc proc rw
28 28 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
60 28 0:50 / /net/my\040data rw shared:1 master:2 - autofs systemd-1 rw
61 60 0:51 / /net/my\040data rw - nfs4 server:/export rw
62 28 8:2 /a /b\134c\9 rw - ext4 /dev/sda2 rw
70 72 0:60 / /moved rw - tmpfs first rw
72 28 0:61 / /moved rw - xfs second rw
broken
63 28 8:2 / /x rw
`
	list, err := Parse([]byte(text))
	var got []string
	for _, m := range list.Topmost() {
		got = append(got, m.Point+" "+m.Type)
	}
	want := []string{"/proc proc", "/ ext4", "/net/my data nfs4", `/b\c\9 ext4`, "/moved tmpfs"}
	if err == nil || !slices.Equal(got, want) {
		t.Errorf("%q, want %q, error %v", got, want, err)
	}
}
