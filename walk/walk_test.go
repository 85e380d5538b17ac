package walk_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gclean/internal/fixture"
	"gclean/walk"
)

// tree makes files, folders ("name/") and symlinks ("name -> target") in a new folder, and
// returns its path.
func tree(t testing.TB, names ...string) string {
	t.Helper()
	top := t.TempDir()
	for _, name := range names {
		link, target, isLink := strings.Cut(name, " -> ")
		path := filepath.Join(top, filepath.FromSlash(link))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case isLink:
			err = os.Symlink(target, path)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, []byte(name), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return top
}

func open(t testing.TB, path string) *walk.Dir {
	t.Helper()
	d, err := walk.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func target(t testing.TB, d *walk.Dir, name string) walk.Target {
	t.Helper()
	st, err := d.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return walk.Target{Dir: d, Name: name, ID: st.ID}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func TestMeasure(t *testing.T) {
	fixture.NeedSymlinks(t)
	top := tree(t, "a/info/index.json", "a/lib/x", "a/lib/empty/", "a/lib/l -> x", "b/info/y", "c/")
	if err := os.Link(filepath.Join(top, "a/lib/x"), filepath.Join(top, "b/info/x")); err != nil {
		t.Fatal(err)
	}
	d := open(t, top)
	roots := []walk.Root{{Dir: d, Name: "a"}, {Dir: d, Name: "b"}, {Dir: d, Name: "c"}, {Dir: d, Name: "missing"}}
	trees, links, err := walk.Measure(context.Background(), roots, walk.MeasureOptions{Except: "info"})
	if err != nil {
		t.Fatal(err)
	}
	want := []walk.Usage{
		{Files: 3, Dirs: 4, Apparent: int64(len("a/info/index.json") + len("a/lib/x") + len("x")), Inodes: 6},
		{Files: 2, Dirs: 2, Apparent: int64(len("b/info/y") + len("a/lib/x")), Inodes: 3}, // x is in Links
		{Dirs: 1, Inodes: 1},
	}
	for i, w := range want {
		got := trees[i].Usage
		got.Disk = 0
		if got != w {
			t.Errorf("tree %d: %+v, want %+v", i, got, w)
		}
		if payload := i == 0; trees[i].Payload != payload {
			t.Errorf("tree %d: Payload %v", i, trees[i].Payload)
		}
	}
	if !errors.Is(trees[3].Err, fs.ErrNotExist) {
		t.Errorf("missing root: error %v", trees[3].Err)
	}
	var inodes []walk.Inode
	links.Inodes(func(n walk.Inode) bool {
		n.Trees = append([]int(nil), n.Trees...)
		inodes = append(inodes, n)
		return true
	})
	if len(inodes) != 1 || inodes[0].Outside() != 0 || fmt.Sprint(inodes[0].Trees) != "[0 1]" {
		t.Errorf("inodes %+v", inodes)
	}
}

// TestLinksWithoutInodeNumbers: if all inodes have the number 0, names of two inodes must
// not count as names of one.
func TestLinksWithoutInodeNumbers(t *testing.T) {
	var l walk.Links
	l.Add(0, walk.Stat{ID: walk.ID{Dev: 7}, Nlink: 2})
	l.Add(1, walk.Stat{ID: walk.ID{Dev: 7}, Nlink: 2})
	l.Inodes(func(n walk.Inode) bool {
		if n.Outside() <= 0 {
			t.Errorf("%+v has no links outside", n)
		}
		return true
	})
}

func TestLinksOutside(t *testing.T) {
	var a, b walk.Links
	st := func(dev, ino, nlink uint64) walk.Stat {
		return walk.Stat{ID: walk.ID{Dev: dev, Ino: ino + 2}, Nlink: nlink, Disk: 4096}
	}
	// More than one block, spread over two Links that met the devices in different orders.
	for i := range uint64(100_000) {
		a.Add(int(i%7), st(1, i, 2))
		if i%2 == 0 {
			b.Add(9, st(2, i, 3))
			b.Add(9, st(1, i, 2))
		}
	}
	var all walk.Links
	all.Merge(&a, 0)
	all.Merge(&b, 0)
	seen := map[walk.ID]int64{}
	all.Inodes(func(n walk.Inode) bool {
		if _, again := seen[n.ID]; again {
			t.Fatalf("%v yielded twice", n.ID)
		}
		seen[n.ID] = n.Outside()
		return true
	})
	if len(seen) != 150_000 {
		t.Fatalf("%d inodes", len(seen))
	}
	for id, outside := range seen {
		want := int64(id.Ino % 2) // odd inodes of device 1 have only one name
		if id.Dev == 2 {
			want = 2
		}
		if outside != want {
			t.Fatalf("%v: %d outside, want %d", id, outside, want)
		}
	}
}

func TestNames(t *testing.T) {
	d := open(t, tree(t, "a/b"))
	for _, name := range []string{"", ".", "..", "a/b", "../x", "a\x00"} {
		if _, err := d.OpenDir(name); err == nil {
			t.Errorf("OpenDir(%q) succeeded", name)
		}
		if err := d.Unlink(name); err == nil {
			t.Errorf("Unlink(%q) succeeded", name)
		}
	}
	if _, err := d.OpenBelow("a/../a"); err == nil {
		t.Error("OpenBelow went up")
	}
	if err := walk.Remove(context.Background(), []walk.Target{{Dir: d, Name: ".."}}, walk.RemoveOptions{})[0]; err == nil {
		t.Error("Remove went up")
	}
}

// TestLockFileIsHeldByOne: the holder removes the lock file when it unlocks it. A process
// that waited must not hold the lock of that removed file while another process holds the
// lock of a new one.
func TestLockFileIsHeldByOne(t *testing.T) {
	d := open(t, t.TempDir())
	var holders, taken atomic.Int32
	var wg sync.WaitGroup
	rounds := 5000
	if testing.Short() {
		rounds = 200
	}
	for range 8 {
		wg.Go(func() {
			for range rounds {
				l, err := d.LockFile("pkgs.lock", walk.Flock, true)
				if errors.Is(err, walk.ErrLocked) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n > 1 {
					t.Errorf("%d hold it", n)
				}
				taken.Add(1)
				d.Lstat("pkgs.lock") // takes a moment
				holders.Add(-1)
				if err := l.Unlock(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if taken.Load() == 0 {
		t.Error("nobody got it")
	}
}
