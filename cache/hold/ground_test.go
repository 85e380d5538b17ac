package hold

import (
	"errors"
	"testing"
	"time"

	"gclean/walk/mounts"
)

func TestUnseenByGround(t *testing.T) {
	list := mountTable(t, `27 1 254:0 / / rw - overlay overlay rw,lowerdir=/x
28 27 8:1 /pkgs /opt/conda/pkgs rw - ext4 /dev/sdb rw
29 27 0:50 / /nfs rw - nfs4 server:/e rw
30 27 0:51 / /sshfs rw - fuse.sshfs host:/ rw
31 27 0:52 / /fuse rw - fuse.fuse-overlayfs fuse-overlayfs rw
32 27 0:53 / /host rw - virtiofs share rw
`)
	local, network, fuse := mounts.Local, mounts.Network, mounts.Program
	for name, c := range map[string]struct {
		seen Seen
		path string
		kind mounts.Kind
		want error
	}{
		"own disk":                              {Seen{}, "/home/pkgs", local, nil},
		"own disk, another mount":               {Seen{}, "/opt/conda/pkgs", local, nil},
		"container, own file system":            {Seen{Apart: true}, "/root/pkgs", local, nil},
		"container, mounted from outside":       {Seen{Apart: true}, "/opt/conda/pkgs", local, ErrNamespace},
		"container, below a mount from outside": {Seen{Apart: true}, "/opt/conda/pkgs/x", local, ErrNamespace},
		"NFS by statfs":                         {Seen{}, "/home/pkgs", network, ErrNetworkShare},
		"sshfs":                                 {Seen{}, "/sshfs/pkgs", fuse, ErrNetworkShare},
		"virtiofs":                              {Seen{}, "/host/pkgs", fuse, ErrNetworkShare},
		"fuse-overlayfs":                        {Seen{}, "/fuse/pkgs", fuse, nil},
		"an unknown local file system":          {Seen{}, "/home/pkgs", mounts.Unknown, nil},
		"an NFS that statfs does not know":      {Seen{}, "/nfs/pkgs", mounts.Unknown, ErrNetworkShare},
		"hidden processes":                      {Seen{Hidden: ErrHidden}, "/home/pkgs", local, ErrHidden},
	} {
		if got := c.seen.Unseen(groundOf(list, c.path, c.kind)); !errors.Is(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := (Seen{Apart: true}).Unseen(groundOf(nil, "/x", local)); !errors.Is(got, ErrNamespace) {
		t.Errorf("no mounts are known: %v", got)
	}
}

func TestWatchByUser(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	process := func(pid, uid int) Process {
		return Process{PID: pid, UID: uid, Args: []string{"conda", "install"}, Started: now.Add(-time.Hour)}
	}
	canRead := func(uid int, path string) bool { return path != "/private" || uid == 1000 }
	newest := now.Add(-30 * 24 * time.Hour).UnixNano()
	kind := func() mounts.Kind { return mounts.Local }
	for name, c := range map[string]struct {
		list          []Process
		private, open string
	}{
		"nobody":             {nil, "", ""},
		"the owner":          {[]Process{process(8, 1000)}, "running", "running"},
		"another user":       {[]Process{process(8, 1001)}, "", "running"},
		"an unknown user":    {[]Process{process(8, AnyUser)}, "running", "running"},
		"both, and a reader": {[]Process{process(8, 1001), process(9, 1000), {PID: 10, Args: []string{"conda", "list"}}}, "running", "running"},
	} {
		w := NewWatch(WatchOptions{System: System{Processes: c.list}, CanRead: canRead, Now: now})
		for path, want := range map[string]string{"/private": c.private, "/open": c.open} {
			for range 2 { // the second answer is cached
				if got := outcome(w.Grace(path, kind).Linkable(newest)); got != want {
					t.Errorf("%s: %s: %q, want %q", name, path, got, want)
				}
			}
		}
	}
}
