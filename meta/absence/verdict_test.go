package absence

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"gclean/walk"
)

// TestAbsence is the table of what proves that something is gone. The times of an empty
// folder are the reason why some rows are doubts. tar sets mtime before the time of birth.
// A copy in an upper layer of overlayfs is born when it is changed. NFS and old tmpfs tell
// no time of birth.
func TestAbsence(t *testing.T) {
	born := time.Unix(1_700_000_000, 0)
	at := func(d time.Duration) time.Time { return born.Add(d) }
	empty := func(path string, changed time.Duration) folderFacts {
		return folderFacts{path: path, empty: true, born: born, changed: at(changed)}
	}
	gone, missing := "", fs.ErrNotExist
	for _, test := range []struct {
		name string
		a    facts
		want string // a part of the reason; "" if gone
	}{
		{"in a folder with something in it", facts{err: missing, folder: folderFacts{path: "/home/u"}}, gone},
		{"below a file", facts{err: syscall.ENOTDIR}, gone},
		{"it is there after all", facts{}, "just appeared"},
		{"in an empty folder of old", facts{err: missing, folder: empty("/home/u/envs", time.Hour)}, gone},
		{"in an empty folder that nothing was in", facts{err: missing, folder: empty("/home/u/disk", 0)}, "/home/u/disk is empty"},
		{"made and chmodded by a script", facts{err: missing, folder: empty("/home/u/disk", time.Second)}, "is empty"},
		{"unpacked by tar, which sets mtime", facts{err: missing, folder: empty("/home/u/disk", -time.Hour)}, "is empty"},
		{"copied up by overlayfs", facts{err: missing, folder: empty("/data/envs", time.Millisecond)}, "is empty"},
		{"no time of birth", facts{err: missing, folder: folderFacts{path: "/home/u/envs", empty: true, changed: at(time.Hour)}}, "is empty"},
		{"in an empty folder of the root", facts{err: missing, folder: empty("/scratch", time.Hour)}, "/scratch is empty"},
		{"in an empty folder where disks are mounted", facts{err: missing, folder: empty("/mnt/disk", time.Hour)}, "is empty"},
		{"in an empty folder of removable disks", facts{err: missing, folder: empty("/media/u/disk", time.Hour)}, "is empty"},
		{"in the emptied envs of an installation", facts{err: missing, folder: folderFacts{path: "/opt/conda/envs", empty: true, envs: true}}, gone},
		{"in an empty file system that is mounted", facts{err: missing, folder: folderFacts{path: "/scratch", empty: true, mount: mounted}}, gone},
		{"in an empty /tmp", facts{err: missing, folder: empty("/tmp", 0)}, gone},
		{"in a folder that cannot be listed", facts{err: missing, folder: folderFacts{path: "/srv/x", err: syscall.EACCES}}, "cannot be listed"},
		{"a removable disk", facts{err: missing, missing: "/media/u/disk", folder: folderFacts{path: "/media/u"}}, "come and go"},
		{"a disk of macOS", facts{err: missing, folder: folderFacts{path: "/Volumes"}}, "come and go"},
		{"a host of an automounter", facts{err: missing, folder: folderFacts{path: "/net"}}, "come and go"},
		{"right below an automounter", facts{err: missing, missing: "/home/u", folder: folderFacts{path: "/home", mount: automounted}}, "does not mount u"},
		{"a file system of fstab that is not mounted", facts{err: missing, planned: "/data", folder: folderFacts{path: "/"}}, "/data is in /etc/fstab"},
		{"behind a dangling symlink", facts{err: missing, link: "/home/u/work", missing: "/scratch/u", folder: folderFacts{path: "/scratch"}}, "/home/u/work leads to /scratch/u"},
		{"behind a symlink to below a file", facts{err: syscall.ENOTDIR, link: "/home/u/work", missing: "/file/u"}, "leads to"},
	} {
		test.a.named, test.a.path = true, "/asked"
		err := test.a.verdict()
		switch {
		case test.want == gone && err != nil:
			t.Errorf("%s: %v, want gone", test.name, err)
		case test.want != gone && (!errors.Is(err, ErrUnproven) || walk.IsGone(err) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "/asked")):
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
		// A guess probably never existed. So an empty folder is no doubt, but a symlink and
		// a mount point are.
		test.a.named = false
		strong := test.a.err == nil || test.a.link != "" || test.a.planned != "" || test.a.folder.mount == automounted
		if err := test.a.verdict(); (err != nil) != strong {
			t.Errorf("%s, a guess: %v", test.name, err)
		}
	}
	for _, errno := range []syscall.Errno{syscall.EIO, syscall.EACCES, syscall.ETIMEDOUT, syscall.EHOSTDOWN, syscall.ENOTCONN, syscall.EMFILE, syscall.ENFILE, syscall.ESTALE, syscall.ELOOP} {
		a := facts{err: &fs.PathError{Op: "lstat", Path: "/x", Err: errno}, folder: folderFacts{path: "/"}}
		if err := a.verdict(); !errors.Is(err, errno) {
			t.Errorf("%v: %v", errno, err)
		}
		a = facts{err: fs.ErrNotExist, folder: folderFacts{path: "/", broken: errno}}
		if err := a.verdict(); !errors.Is(err, errno) {
			t.Errorf("%v of statfs: %v", errno, err)
		}
	}
}

func TestComesAndGoes(t *testing.T) {
	for folder, want := range map[string]bool{
		"/media": true, "/media/u": true, "/media/u/disk": false, "/run/media/u": true, "/run": false, "/Volumes": true, "/mnt": false, "/": false,
	} {
		if got := comesAndGoes(folder); got != want {
			t.Errorf("%s: %v", folder, got)
		}
	}
}
