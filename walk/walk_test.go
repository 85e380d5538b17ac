package walk_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gclean/internal/fixture"
	"gclean/walk"
)

// tree makes files, folders ("name/") and symlinks ("name -> target") in a new
// folder, and returns its path.
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
		{Files: 3, Dirs: 4, Apparent: int64(len("a/info/index.json") + len("a/lib/x") + len("x"))},
		{Files: 2, Dirs: 2, Apparent: int64(len("b/info/y") + len("a/lib/x"))},
		{Dirs: 1},
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

// TestLinksWithoutNumbers: where all inodes are 0, names of two are not taken for
// all the names of one.
func TestLinksWithoutNumbers(t *testing.T) {
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
	// More than a block, spread over two collectors that met the devices in
	// another order.
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
		want := int64(id.Ino % 2) // odd ones of device 1 have one name only
		if id.Dev == 2 {
			want = 2
		}
		if outside != want {
			t.Fatalf("%v: %d outside, want %d", id, outside, want)
		}
	}
}

func TestRemove(t *testing.T) {
	long := strings.Repeat("n", 255)
	files := []string{"keep/file", "pkg/a/b/c/file", "pkg/file", "pkg/a/" + long, "pkg/-rf", "file"}
	names := []string{"pkg", "file"}
	if runtime.GOOS != "windows" { // which has no such names
		files = append(files, "pkg/new\nline", "pkg/\xff\xfe")
	}
	if fixture.CanSymlink() == nil {
		files = append(files, "pkg/out -> ../keep", "pkg/a/out -> ../../keep/file", "link -> keep")
		names = append(names, "link")
	}
	top := tree(t, files...)
	d := open(t, top)
	var targets []walk.Target
	for _, name := range names {
		targets = append(targets, target(t, d, name))
	}
	for i, err := range walk.Remove(context.Background(), targets, walk.RemoveOptions{}) {
		if err != nil {
			t.Errorf("%s: %v", targets[i].Name, err)
		}
		if exists(filepath.Join(top, targets[i].Name)) {
			t.Errorf("%s is still there", targets[i].Name)
		}
	}
	if !exists(filepath.Join(top, "keep/file")) {
		t.Error("a symlink was followed")
	}
}

func TestRemoveDeep(t *testing.T) {
	top := tree(t, "trash/")
	d := open(t, top)
	cur, err := d.OpenBelow("")
	if err != nil {
		t.Fatal(err)
	}
	depth := 2000
	if fixture.Wine() {
		depth = 300 // all paths have to fit into 4096 bytes
	}
	for i := range depth {
		for _, name := range []string{"down", "side"} {
			if err := cur.Mkdir(name, 0o755); err != nil {
				t.Fatal(i, err)
			}
		}
		next, err := cur.OpenDir("down")
		if err != nil {
			t.Fatal(err)
		}
		cur.Close()
		cur = next
	}
	cur.Close()
	most := 0
	opened := func(string, string) error {
		if fds, err := os.ReadDir("/proc/self/fd"); err == nil && runtime.GOOS == "linux" {
			most = max(most, len(fds))
		}
		return nil
	}
	errs := walk.Remove(context.Background(), []walk.Target{target(t, d, "down"), target(t, d, "side")},
		walk.RemoveOptions{Jobs: 1, Spill: open(t, filepath.Join(top, "trash")), Before: opened})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(top, "*/*"))
	if exists(filepath.Join(top, "down")) || len(left) > 0 {
		t.Fatalf("left: %v", left)
	}
	if most > 200 {
		t.Errorf("%d files open at a time", most)
	}
}

func TestRemoveReadOnlyFolders(t *testing.T) {
	top := tree(t, "pkg/ro/file", "pkg/none/file", "pkg/none/sub/file")
	for name, mode := range map[string]fs.FileMode{"pkg/ro/file": 0o444, "pkg/ro": 0o555, "pkg/none": 0, "pkg": 0o555} {
		if err := os.Chmod(filepath.Join(top, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	d := open(t, top)
	if err := errors.Join(walk.Remove(context.Background(), []walk.Target{target(t, d, "pkg")}, walk.RemoveOptions{})...); err != nil {
		t.Fatal(err)
	}
}

func TestRemoveChanged(t *testing.T) {
	top := tree(t, "pkg/file", "other/file")
	d := open(t, top)
	planned := target(t, d, "pkg")
	if err := os.Rename(filepath.Join(top, "pkg"), filepath.Join(top, "old")); err != nil {
		t.Fatal(err)
	}
	ways := map[string]func() error{
		"a symlink": func() error { return os.Symlink("other", filepath.Join(top, "pkg")) },
		"a folder":  func() error { return os.Mkdir(filepath.Join(top, "pkg"), 0o755) },
	}
	if fixture.CanSymlink() != nil {
		delete(ways, "a symlink")
	}
	for what, replace := range ways {
		if err := replace(); err != nil {
			t.Fatal(err)
		}
		err := walk.Remove(context.Background(), []walk.Target{planned}, walk.RemoveOptions{})[0]
		if !errors.Is(err, walk.ErrChanged) {
			t.Errorf("%s in its place: error %v", what, err)
		}
		if !exists(filepath.Join(top, "pkg")) || !exists(filepath.Join(top, "other/file")) {
			t.Errorf("%s in its place: something was removed", what)
		}
		os.Remove(filepath.Join(top, "pkg"))
	}
	if err := walk.Remove(context.Background(), []walk.Target{planned}, walk.RemoveOptions{})[0]; err != nil {
		t.Errorf("gone already: %v", err)
	}
}

// TestRemoveSwapped swaps a folder for a symlink out of the tree before each
// change that Remove makes, in turn.
func TestRemoveSwapped(t *testing.T) {
	fixture.NeedSymlinks(t)
	for step := range 12 {
		top := tree(t, "out/a/file", "out/file", "pkg/a/b/file", "pkg/a/file", "pkg/c/file")
		d := open(t, top)
		n := 0
		walk.Remove(context.Background(), []walk.Target{target(t, d, "pkg")}, walk.RemoveOptions{
			Jobs: 1,
			Before: func(string, string) error {
				if n++; n == step {
					for _, name := range []string{"pkg/a", "pkg/c", "pkg/a/b"} {
						path := filepath.Join(top, name)
						if os.Rename(path, filepath.Join(top, fmt.Sprint("moved", strings.Count(name, "/"), filepath.Base(name)))) == nil {
							os.Symlink(filepath.Join(top, "out"), path)
						}
					}
				}
				return nil
			},
		})
		for _, name := range []string{"out/a/file", "out/file"} {
			if !exists(filepath.Join(top, name)) {
				t.Errorf("step %d: %s is gone", step, name)
			}
		}
	}
}

func TestRemoveFaults(t *testing.T) {
	fault := errors.New("no")
	for step := 1; ; step++ {
		top := tree(t, "pkg/a/b/file", "pkg/file", "pkg2/file")
		d := open(t, top)
		targets := []walk.Target{target(t, d, "pkg"), target(t, d, "pkg2")}
		n := 0
		errs := walk.Remove(context.Background(), targets, walk.RemoveOptions{Jobs: 1, Before: func(op, path string) error {
			if n++; n == step {
				return fault
			}
			return nil
		}})
		if n < step {
			if err := errors.Join(errs...); err != nil {
				t.Fatalf("no fault, yet %v", err)
			}
			break
		}
		failed := 0
		for i, err := range errs {
			there := exists(targets[i].Path())
			if (err != nil) != there {
				t.Errorf("step %d: %s: error %v, there %v", step, targets[i].Name, err, there)
			}
			if err != nil {
				failed++
				if !errors.Is(err, fault) || !strings.Contains(err.Error(), targets[i].Path()) {
					t.Errorf("step %d: error %v", step, err)
				}
			}
		}
		if failed != 1 {
			t.Errorf("step %d: %d targets failed", step, failed)
		}
	}
}

func TestRemoveCancelled(t *testing.T) {
	top := tree(t, "pkg/a/file", "pkg/b/file")
	d := open(t, top)
	ctx, cancel := context.WithCancel(context.Background())
	err := walk.Remove(ctx, []walk.Target{target(t, d, "pkg")}, walk.RemoveOptions{Jobs: 1, Before: func(string, string) error {
		cancel()
		return nil
	}})[0]
	if !errors.Is(err, context.Canceled) || !exists(filepath.Join(top, "pkg")) {
		t.Errorf("error %v", err)
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

// TestLockFileIsHeldByOne: whoever locks a file that its holder removes while it
// unlocks must not take the lock of a file without a name, while another holds
// that of a new one.
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
				d.Lstat("pkgs.lock") // a moment
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
