package hold

import (
	"slices"
	"testing"
)

func mounts(t *testing.T, text string) Mounts {
	t.Helper()
	list, err := ParseMounts([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestParseMounts(t *testing.T) {
	list, err := ParseMounts([]byte(`27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 0:37 /a\040b /srv/x\134y rw shared:1 master:2 - fuse.sshfs host:/d rw
what is this
41 27 0:38 / /mnt rw - tmpfs
42 27 0:39 / /n rw - nfs4 server:/e rw,vers=4.2
`))
	want := Mounts{
		{ID: "27", Parent: "1", Device: "254:0", Root: "/", Point: "/", Type: "ext4", Super: "rw,discard"},
		{ID: "40", Parent: "27", Device: "0:37", Root: "/a b", Point: `/srv/x\y`, Type: "fuse.sshfs", Super: "rw"},
		{ID: "42", Parent: "27", Device: "0:39", Root: "/", Point: "/n", Type: "nfs4", Super: "rw,vers=4.2"},
	}
	if err == nil || !slices.Equal(list, want) {
		t.Errorf("%v, %+v", err, list)
	}
}

func TestMountOfAPath(t *testing.T) {
	tree := mounts(t, `27 1 254:0 / / rw - ext4 /dev/vda rw
30 27 0:1 / /a/b rw - tmpfs hidden rw
31 27 0:2 / /a rw - tmpfs first rw
32 31 0:3 / /a rw - tmpfs second rw
33 32 0:4 / /a/b rw - tmpfs inner rw
34 27 8:1 /data /srv rw - xfs /dev/sdb rw
`)
	noTop := mounts(t, `40 27 0:1 / /a rw - tmpfs one rw
41 27 0:2 / /a rw - tmpfs two rw
42 27 0:3 / /a/b rw - tmpfs three rw
`)
	for _, c := range []struct {
		list     Mounts
		path, id string
	}{
		{tree, "/x", "27"},
		{tree, "/a", "32"},
		{tree, "/a/c", "32"},
		{tree, "/a/b", "33"}, // the one with the number 30 is below /a of the root, which is covered
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

func TestMountSources(t *testing.T) {
	list := mounts(t, `27 1 254:0 / / rw - ext4 /dev/vda rw
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
		if got := list.sources(on, on.inside(cache)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", cache, got, want)
		}
	}
}

func TestOverlayLayers(t *testing.T) {
	for super, want := range map[string][]string{
		`rw,lowerdir=/a:/b,upperdir=/u,workdir=/w`:                   {"/a", "/b", "/u", "/w"},
		`ro,lowerdir=/a\040b\054c:/d`:                                {"/a b,c", "/d"},
		`ro,lowerdir=/a\134:b:/c\134\134d`:                           {"/a:b", `/c\d`},
		`ro,lowerdir=/a\072b:/c`:                                     {"/a:b", "/c"},
		`ro,lowerdir+=/a:b,lowerdir+=/c,datadir+=/d,redirect_dir=on`: {"/a:b", "/a:b", "/c", "/d"},
		`rw,lowerdir=l1::data,upperdir=/x\134:y`:                     {"l1", "data", `/x\:y`, "/x:y"},
		`rw`:                                                         nil,
	} {
		m := Mount{Type: "overlay", Super: super}
		got := m.layers()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(slices.Compact(got), slices.Compact(want)) {
			t.Errorf("%s: %q, want %q", super, got, want)
		}
	}
	if got := (Mount{Type: "ext4", Super: "rw,lowerdir=/a"}).layers(); got != nil {
		t.Errorf("ext4: %q", got)
	}
}
