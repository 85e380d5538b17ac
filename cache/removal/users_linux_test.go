package removal_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"gclean/internal/fixture"
)

// ownersCache makes a cache that belongs to owner, with the packages a and b.
func ownersCache(t *testing.T, top string) *fixture.Cache {
	t.Helper()
	c := newCache(t, filepath.Join(top, "pkgs"))
	must(t, c.Add(pkg("a")), c.AddExtracted(pkg("b")))
	give(t, top, owner, owner)
	return c
}

// sharedCache makes a cache that the group may write to, as with setgid folders and a umask
// of 002.
func sharedCache(t *testing.T, top string) *fixture.Cache {
	t.Helper()
	c := ownersCache(t, top)
	give(t, top, owner, group)
	must(t, filepath.WalkDir(c.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return unix.Chmod(path, 0o2775)
		}
		return os.Chmod(path, 0o664)
	}))
	return c
}

func checkAllGone(t *testing.T, when string, c *fixture.Cache, r cleaned) {
	t.Helper()
	for _, name := range []string{"a-1.0-0", "a-1.0-0.conda", "b-1.0-0"} {
		if _, err := os.Lstat(c.Path(name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %s is left: %v; %+v", when, name, err, r)
		}
	}
	if len(r.Failures)+len(r.Problems) > 0 {
		t.Errorf("%s: %+v", when, r)
	}
}

// A lock file that another user left, and that nobody holds, is no obstacle, whatever its
// mode is.
func TestLockFileOfAnotherUser(t *testing.T) {
	for _, name := range []string{"pkgs.lock", "mamba.lock", ".gclean.lock", "old-name.lock"} {
		for _, mode := range []os.FileMode{0o644, 0o600} {
			for who, uid := range map[string]int{"root": 0, "a member": member} {
				c := sharedCache(t, needUsers(t))
				path := c.Path(name)
				must(t, os.WriteFile(path, []byte("4711"), mode), os.Lchown(path, uid, uid), os.Chmod(path, mode))
				when := fmt.Sprintf("%s of %s, mode %o", name, who, mode)
				checkAllGone(t, when, c, cleanAs(t, owner, c.Dir, ""))
			}
		}
	}
}

// Users who can only read a cache cannot keep its owner or root from cleaning it.
func TestReadersBlockNobody(t *testing.T) {
	for _, lock := range []struct{ name, kind string }{
		{"", "flock"}, {"urls.txt", "flock"}, {"urls.txt", "fcntl"}, {"urls", "fcntl"}, {"pkgs.lock", "fcntl"}, {"pkgs.lock", "flock"},
	} {
		for _, uid := range []int{owner, 0} {
			c := ownersCache(t, needUsers(t))
			must(t, c.AddFile("pkgs.lock", ""), os.Lchown(c.Path("pkgs.lock"), owner, owner))
			lockAs(t, stranger, c.Path(lock.name), lock.kind)
			when := fmt.Sprintf("%s of %q, cleaned by %d", lock.kind, lock.name, uid)
			r := cleanAs(t, uid, c.Dir, "")
			checkAllGone(t, when, c, r)
		}
	}
}

// Every reader can take rattler's lock, so gclean asks who holds it.
func TestReadersBlockNobodyInRattlersCache(t *testing.T) {
	if ns, err := os.Readlink("/proc/self/ns/pid"); err != nil || ns != "pid:[4026531836]" {
		t.Skip("in a PID namespace of its own, nobody can tell who holds a lock")
	}
	for _, uid := range []int{owner, 0} {
		top := needUsers(t)
		c := newRattlerCache(t, filepath.Join(top, "cache"))
		must(t, c.Add(pkg("a")))
		give(t, top, owner, owner)
		lockAs(t, stranger, filepath.Join(c.Pkgs(), ".cache.lock"), "flock")
		r := cleanAs(t, uid, c.Pkgs(), "")
		if len(r.Failures) > 0 || len(r.Removed) != 1 {
			t.Errorf("cleaned by %d: %+v", uid, r)
		}
	}
}

// A user who may write to the cache blocks it, with the same locks.
func TestWritersBlock(t *testing.T) {
	c := sharedCache(t, needUsers(t))
	must(t, c.AddFile("pkgs.lock", ""), os.Lchown(c.Path("pkgs.lock"), owner, group), os.Chmod(c.Path("pkgs.lock"), 0o664))
	f, err := os.OpenFile(c.Path("pkgs.lock"), os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	must(t, unix.FcntlFlock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK, Start: 21, Len: 1}))
	for _, uid := range []int{0, owner, member} {
		r := cleanAs(t, uid, c.Dir, "")
		if len(r.Removed) > 0 || len(r.Failures) == 0 || !strings.Contains(r.Failures[0], "locked") {
			t.Errorf("%d: %+v", uid, r)
		}
	}
}

// What a killed run leaves is no obstacle to other users: root's to the owner, or one
// member's to another.
func TestKilledRunsLockNobodyOut(t *testing.T) {
	for _, who := range []struct{ first, second int }{{0, owner}, {0, member}, {owner, member}, {member, owner}, {member, 0}} {
		for stop := 1; stop < 40; stop += 3 * stride() {
			c := sharedCache(t, needUsers(t))
			cleanAs(t, who.first, c.Dir, fmt.Sprintf("kill %d", stop))
			when := fmt.Sprintf("%d, killed at step %d, then %d", who.first, stop, who.second)
			checkAllGone(t, when, c, cleanAs(t, who.second, c.Dir, ""))
			if left, _ := filepath.Glob(c.Path(".gclean*")); len(left) > 0 {
				t.Errorf("%s: left %v", when, left)
			}
		}
	}
}

// The lock files and the trash that root makes belong to the owner of the cache.
func TestRootMakesFilesForOwner(t *testing.T) {
	for stop := 1; stop < 30; stop += stride() {
		c := ownersCache(t, needUsers(t))
		cleanAs(t, 0, c.Dir, fmt.Sprintf("kill %d", stop))
		must(t, filepath.WalkDir(c.Dir, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			var st unix.Stat_t
			must(t, unix.Lstat(path, &st))
			if st.Uid != owner || st.Gid != owner {
				t.Errorf("%s belongs to %d:%d", path, st.Uid, st.Gid)
			}
			return nil
		}))
	}
}

// A trash that cannot be used is skipped, whoever put it there.
func TestTrashOfOthers(t *testing.T) {
	for name, put := range map[string]func(t *testing.T, path string){
		"symlink":            func(t *testing.T, path string) { must(t, fixture.Symlink("/etc", path)) },
		"dangling symlink":   func(t *testing.T, path string) { must(t, fixture.Symlink("/none", path)) },
		"file":               func(t *testing.T, path string) { must(t, os.WriteFile(path, nil, 0o644)) },
		"fifo":               func(t *testing.T, path string) { must(t, unix.Mkfifo(path, 0o644)) },
		"closed folder":      func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) },
		"folder to be read":  func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o755)) },
		"sticky folder":      func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o777), unix.Chmod(path, 0o1777)) },
		"folder of everyone": func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o777), os.Chmod(path, 0o777)) },
	} {
		for _, uid := range []int{0, owner, member} {
			c := sharedCache(t, needUsers(t))
			path := c.Path(".gclean-trash")
			put(t, path)
			must(t, os.Lchown(path, stranger, stranger))
			r := cleanAs(t, uid, c.Dir, "")
			checkAllGone(t, fmt.Sprintf("%s, cleaned by %d", name, uid), c, r)
			if left, _ := filepath.Glob(c.Path(".gclean-trash-*")); len(left) > 0 {
				t.Errorf("%s, cleaned by %d: left %v", name, uid, left)
			}
		}
	}
}

// A package that this user could only partly remove stays whole.
func TestForeignFolderStaysWhole(t *testing.T) {
	for name, path := range map[string]string{"info": "a-1.0-0/info", "deep inside": "a-1.0-0/share/a", "the package": "a-1.0-0"} {
		for _, fault := range []string{"", "full"} {
			c := sharedCache(t, needUsers(t))
			must(t, unix.Chmod(c.Path(path), 0o755))
			before := contents(t, c.Path("a-1.0-0"))
			r := cleanAs(t, member, c.Dir, fault)
			if after := contents(t, c.Path("a-1.0-0")); after != before {
				t.Errorf("%s: it was emptied: %s\n%+v", name, after, r)
			}
			if len(r.Kept) != 1 || r.Kept[0] != "a-1.0-0:foreign_folder" || len(r.Problems) != 1 || len(r.Removed) != 2 {
				t.Errorf("%s: %+v", name, r)
			}
			checkAllGone(t, name+", by its owner", c, cleanAs(t, owner, c.Dir, fault))
		}
	}
}

// In a sticky folder of a group, other users' entries stay whole and the user's own are
// removed, whatever trash exists.
func TestStickyCache(t *testing.T) {
	c := ownersCache(t, needUsers(t))
	must(t, os.Lchown(c.Dir, 0, group), unix.Chmod(c.Dir, 0o1775), os.Chmod(c.Path("urls.txt"), 0o666))
	give(t, c.Path("a-1.0-0"), stranger, stranger)
	before := contents(t, c.Path("a-1.0-0"))
	must(t, c.AddFile(".gclean-trash/1-1/x", ""))
	give(t, c.Path(".gclean-trash"), stranger, stranger)
	r := cleanAs(t, owner, c.Dir, "")
	if after := contents(t, c.Path("a-1.0-0")); after != before {
		t.Errorf("the package of another was emptied: %+v", r)
	}
	if _, err := os.Lstat(c.Path("b-1.0-0")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one's own is left: %v, %+v", err, r)
	}
	if _, err := os.Lstat(c.Path(".gclean-trash/1-1/x")); err != nil {
		t.Errorf("the trash of another was emptied: %v, %+v", err, r)
	}
}
