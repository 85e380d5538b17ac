package hold

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"

	"gclean/walk"
	"gclean/walk/mounts"
)

// fakeFiles is the content of /proc for one process.
type fakeFiles struct {
	pid   int
	links map[string]string // if a link is missing, the process has ended
	mount string
	err   error
}

func (f fakeFiles) readlink(name string) (string, error) {
	if f.err != nil {
		return "", f.err
	}
	if link, ok := f.links[name]; ok {
		return link, nil
	}
	return "", fs.ErrNotExist
}

func (f fakeFiles) read(string) ([]byte, error) { return []byte(f.mount), f.err }

func (f fakeFiles) path(name string) string { return fmt.Sprintf("/proc/%d/%s", f.pid, name) }

// fakeTree identifies folders by their path, also in the mount namespaces of processes.
type fakeTree struct {
	folders map[string]uint64
	closed  string            // this folder and those below it cannot be identified
	cwd     map[string]string // of /proc/PID/cwd
}

func (t fakeTree) identify(p string) (walk.ID, error) {
	for link, target := range t.cwd {
		if rest, ok := strings.CutPrefix(p, link); ok {
			p = path.Clean(target + rest)
		}
	}
	if t.closed != "" && mounts.IsBelow(p, t.closed) {
		return walk.ID{}, fs.ErrPermission
	}
	if ino, ok := t.folders[p]; ok {
		return walk.ID{Dev: 1, Ino: ino}, nil
	}
	return walk.ID{}, fs.ErrNotExist
}

const ownMounts = "27 1 254:0 / / rw - ext4 /dev/vda rw\n"

func user(pid int, ns, exe, cwd string) Process {
	links := map[string]string{"ns/mnt": ns, "root": "/"}
	for name, target := range map[string]string{"exe": exe, "cwd": cwd} {
		if target != "" {
			links[name] = target
		}
	}
	return Process{PID: pid, Name: "python", Args: []string{"python"}, files: fakeFiles{pid: pid, links: links, mount: ownMounts}}
}

func TestUses(t *testing.T) {
	folders := map[string]uint64{"/": 1, "/usr": 2, "/usr/bin": 3, "/pkgs": 10, "/pkgs/a-1-0": 11, "/pkgs/a-1-0/bin": 12, "/pkgs/b-1-0": 13, "/mnt": 14}
	for pid := range 10 {
		root := fmt.Sprintf("/proc/%d/root", pid)
		for p, ino := range map[string]uint64{"/": 1, "/usr": 2, "/usr/bin": 3, "/pkgs": 10, "/pkgs/a-1-0": 11, "/pkgs/a-1-0/bin": 12} {
			folders[root+p] = ino
		}
	}
	closed := Process{PID: 9, Name: "other", files: fakeFiles{pid: 9, err: fs.ErrPermission}}
	chroot := user(5, "mnt:2", "/jail/pkgs/a-1-0/bin/x", "/jail")
	chroot.files.(fakeFiles).links["root"] = "/jail"
	outside := user(5, "mnt:2", "/pkgs/a-1-0/bin/x", "/jail")
	outside.files.(fakeFiles).links["root"] = "/jail"
	for name, c := range map[string]struct {
		list   []Process
		tree   fakeTree
		want   string // how /pkgs/a-1-0 is used
		unseen bool
	}{
		"nobody":            {nil, fakeTree{}, "", false},
		"elsewhere":         {[]Process{user(2, "mnt:1", "/usr/bin/x", "/")}, fakeTree{cwd: map[string]string{"/proc/2/cwd": "/"}}, "", false},
		"a program":         {[]Process{user(2, "mnt:1", "/pkgs/a-1-0/bin/x", "")}, fakeTree{}, "python (pid 2) runs /pkgs/a-1-0/bin/x", false},
		"a removed program": {[]Process{user(2, "mnt:1", "/pkgs/a-1-0/bin/x (deleted)", "")}, fakeTree{}, "python (pid 2) runs /pkgs/a-1-0/bin/x (deleted)", false},
		"a program in a removed folder": {[]Process{user(2, "mnt:1", "/pkgs/a-1-0/sbin/x (deleted)", "")}, fakeTree{},
			"python (pid 2) runs /pkgs/a-1-0/sbin/x (deleted)", false},
		"a working folder": {[]Process{user(2, "mnt:1", "/usr/bin/x", "/pkgs/a-1-0/bin")}, fakeTree{cwd: map[string]string{"/proc/2/cwd": "/pkgs/a-1-0/bin"}},
			"python (pid 2) works in /pkgs/a-1-0/bin", false},
		"a working folder seen under another path": {[]Process{user(2, "mnt:2", "", "/x")}, fakeTree{cwd: map[string]string{"/proc/2/cwd": "/pkgs/a-1-0"}},
			"python (pid 2) works in /x", false},
		"a program in another container":          {[]Process{user(3, "mnt:2", "/pkgs/a-1-0/bin/x", "")}, fakeTree{}, "python (pid 3) runs /pkgs/a-1-0/bin/x", false},
		"after chroot":                            {[]Process{chroot}, fakeTree{}, "python (pid 5) runs /jail/pkgs/a-1-0/bin/x", false},
		"a program from before chroot":            {[]Process{outside}, fakeTree{}, "python (pid 5) runs /pkgs/a-1-0/bin/x", false},
		"a process that ended":                    {[]Process{{PID: 4, files: fakeFiles{pid: 4}}, user(2, "mnt:1", "/pkgs/a-1-0/bin/x", "")}, fakeTree{}, "python (pid 2) runs /pkgs/a-1-0/bin/x", false},
		"a process whose folder in /proc is gone": {[]Process{user(20, "mnt:2", "/pkgs/a-1-0/bin/x", ""), user(3, "mnt:2", "/pkgs/a-1-0/bin/x", "")}, fakeTree{}, "python (pid 3) runs /pkgs/a-1-0/bin/x", false},
		"another user's process":                  {[]Process{closed}, fakeTree{}, "", true},
		"a folder in /proc that cannot be read":   {[]Process{user(2, "mnt:1", "/pkgs/a-1-0/bin/x", "")}, fakeTree{closed: "/proc/2/root/pkgs/a-1-0"}, "python (pid 2) runs /pkgs/a-1-0/bin/x", false},
		"a kernel thread":                         {[]Process{{PID: 2, files: fakeFiles{pid: 2, links: map[string]string{"ns/mnt": "mnt:1", "cwd": "/pkgs/a-1-0"}}}}, fakeTree{}, "", false},
		"no files known, as on Windows":           {[]Process{{PID: 2}}, fakeTree{}, "", true},
	} {
		c.tree.folders = folders
		list, err := mounts.Parse([]byte(ownMounts))
		if err != nil {
			t.Fatal(err)
		}
		u := NewUses(System{Processes: c.list, Self: user(1, "mnt:1", "", ""), Mounts: list})
		u.identify = c.tree.identify
		use, used := u.Of(walk.ID{Dev: 1, Ino: 11}, "/pkgs/a-1-0")
		got := ""
		if used {
			got = use.Error()
		}
		if got != c.want || used != (c.want != "") || (u.Unseen() != nil) != c.unseen {
			t.Errorf("%s: %q, want %q; unseen: %v", name, got, c.want, u.Unseen())
		}
		if use, used := u.Of(walk.ID{Dev: 1, Ino: 13}, "/pkgs/b-1-0"); used {
			t.Errorf("%s: b: %v", name, use)
		}
	}
}

func TestUsesByMounts(t *testing.T) {
	folders := map[string]uint64{"/": 1, "/pkgs": 10, "/pkgs/a-1-0": 11, "/pkgs/a-1-0/share": 12, "/pkgs/b-1-0": 13}
	id := walk.ID{Dev: 1, Ino: 11}
	other := func(mount string) []Process {
		p := user(3, "mnt:2", "", "")
		p.files = fakeFiles{pid: 3, links: map[string]string{"ns/mnt": "mnt:2"}, mount: "50 1 0:9 / / rw - overlay overlay rw\n" + mount}
		return []Process{p}
	}
	for name, c := range map[string]struct {
		own  string
		list []Process
		want string
	}{
		"nothing":                           {"", nil, ""},
		"the whole package":                 {"28 27 254:0 /pkgs/a-1-0 /srv rw - ext4 /dev/vda rw\n", nil, "mounted at /srv"},
		"a folder":                          {"28 27 254:0 /pkgs/a-1-0/share /srv rw - ext4 /dev/vda rw\n", nil, "mounted at /srv"},
		"a file":                            {"28 27 254:0 /pkgs/a-1-0/bin/x /usr/bin/x rw - ext4 /dev/vda rw\n", nil, "mounted at /usr/bin/x"},
		"a package with a longer name":      {"28 27 254:0 /pkgs/a-1-0x/share /srv rw - ext4 /dev/vda rw\n", nil, ""},
		"a removed folder":                  {"28 27 254:0 /pkgs/a-1-0//deleted /srv rw - ext4 /dev/vda rw\n", nil, ""},
		"the whole cache":                   {"28 27 254:0 /pkgs /srv rw - ext4 /dev/vda rw\n", nil, ""},
		"in a container":                    {"", other("51 50 254:0 /pkgs/a-1-0 /data rw - ext4 /dev/vda rw\n"), "mounted at /data, as python (pid 3) sees it"},
		"an overlay":                        {"28 27 0:7 / /merged rw - overlay overlay ro,lowerdir=/x:/pkgs/a-1-0/share\n", nil, "a layer of what is mounted at /merged"},
		"an overlay in a container":         {"", other("51 50 0:7 / /merged rw - overlay overlay ro,lowerdir+=/pkgs/a-1-0\n"), "a layer of what is mounted at /merged, as python (pid 3) sees it"},
		"the upper layer of an overlay":     {"28 27 0:7 / /m rw - overlay overlay rw,lowerdir=/x,upperdir=/pkgs/a-1-0,workdir=/w\n", nil, "a layer of what is mounted at /m"},
		"a relative layer":                  {"28 27 0:7 / /m rw - overlay overlay ro,lowerdir=pkgs/a-1-0/share:l/X\n", nil, "a layer of what is mounted at /m"},
		"a relative layer, another package": {"28 27 0:7 / /m rw - overlay overlay ro,lowerdir=l/a-1-0x:l/X\n", nil, ""},
	} {
		list, err := mounts.Parse([]byte(ownMounts + c.own))
		if err != nil {
			t.Fatal(err)
		}
		u := NewUses(System{Processes: c.list, Self: user(1, "mnt:1", "", ""), Mounts: list})
		u.identify = fakeTree{folders: folders}.identify
		got := ""
		if use, used := u.Mounted("/pkgs", "a-1-0"); used {
			got = use.Error()
		} else if use, used := u.Of(id, "/pkgs/a-1-0"); used {
			got = use.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if use, used := u.Mounted("/pkgs", "b-1-0"); used {
			t.Errorf("%s: b: %v", name, use)
		}
	}
}

// TestUsesAreLazy: nothing is read before the first question.
func TestUsesAreLazy(t *testing.T) {
	u := NewUses(System{Processes: []Process{{PID: 2, files: fakeFiles{err: errors.New("was read")}}}})
	if u.unseen != nil {
		t.Error("read too early")
	}
	if _, used := u.Of(walk.ID{}, "/x"); used || u.Unseen() == nil {
		t.Error("not read when asked")
	}
}
