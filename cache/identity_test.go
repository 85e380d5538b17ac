package cache_test

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/walk"
	"gclean/walk/mounts"
)

// TestIdentity: hosts that mount different parts of a server's export, with different
// versions of NFS, identify a cache there identically. Local caches of two machines have
// different identities.
func TestIdentity(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no table of mounts")
	}
	top, err := walk.Real(t.TempDir())
	must(t, err)
	c := newCache(t, filepath.Join(top, "conda", "pkgs"))
	identity := func(machine string, m mounts.Mount) string {
		o := options(c)
		m.ID, m.Parent, m.Device = "2", "1", "0:9"
		table := mounts.Table{{ID: "1", Parent: "0", Device: "8:1", Root: "/", Point: "/", Type: "ext4", Source: "/dev/sda1"}, m}
		o.NothingRuns = false
		o.System = func() hold.System { return hold.System{Mounts: table} }
		r, err := cache.NewReport(context.Background(), cache.ReportOptions{Look: o.Look, Host: machine, Machine: machine})
		must(t, err)
		if r.ByCache[0].Host != machine {
			t.Errorf("the host is %q", r.ByCache[0].Host)
		}
		return r.ByCache[0].Identity
	}
	nfs := identity("node1", mounts.Mount{Root: "/", Point: top, Type: "nfs4", Source: "nas:/export"})
	if !strings.HasPrefix(nfs, "nfs nas:/export/conda/pkgs inode ") {
		t.Errorf("on NFS it is %q", nfs)
	}
	for name, m := range map[string]mounts.Mount{
		"a part of the export":    {Root: "/", Point: filepath.Join(top, "conda"), Type: "nfs", Source: "nas:/export/conda"},
		"a part of what is there": {Root: "/conda", Point: filepath.Join(top, "conda"), Type: "nfs4", Source: "nas:/export/"},
	} {
		if got := identity("node2", m); got != nfs {
			t.Errorf("%s: %q, want %q", name, got, nfs)
		}
	}
	if got := identity("node2", mounts.Mount{Root: "/", Point: top, Type: "nfs4", Source: "other:/export"}); got == nfs {
		t.Errorf("on another server it is %q too", got)
	}
	local := mounts.Mount{Root: "/", Point: top, Type: "xfs", Source: "/dev/sdb1"}
	if one, two := identity("node1", local), identity("node2", local); one == two || one != identity("node1", local) {
		t.Errorf("on disks of two machines it is %q and %q", one, two)
	}
}
