package removal_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
)

// disk makes a small file system and fills it.
type disk struct {
	name string
	make func(t *testing.T, dir string)
	fill func(dir string)
}

func disks() []disk {
	return []disk{
		{"tmpfs without blocks", tmpfs("size=2m"), fillBlocks},
		{"tmpfs without inodes", tmpfs("size=8m,nr_inodes=200"), fillInodes},
		{"ext4 without blocks", image("16M", "mkfs.ext4", "-q", "-F", "-m", "0"), fillBlocks},
		{"ext4 without inodes", image("16M", "mkfs.ext4", "-q", "-F", "-m", "0", "-N", "256"), fillInodes},
		{"xfs without blocks", image("300M", "mkfs.xfs", "-q", "-f"), fillBlocks},
		{"xfs without quota of blocks", quota("bhard=2m"), fillBlocks},
		{"xfs without quota of inodes", quota("ihard=200"), fillInodes},
	}
}

func tmpfs(options string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		if err := unix.Mount("none", dir, "tmpfs", 0, options); err != nil {
			t.Skipf("cannot mount: %v", err)
		}
		t.Cleanup(func() { unmount(t, dir) })
	}
}

func image(size string, mkfs ...string) func(*testing.T, string) {
	return func(t *testing.T, dir string) { mountImage(t, dir, size, "loop", mkfs...) }
}

// quota makes an xfs on which owner may use at most limit.
func quota(limit string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		if _, err := exec.LookPath("xfs_quota"); err != nil {
			t.Skip(err)
		}
		mountImage(t, dir, "300M", "loop,uquota", "mkfs.xfs", "-q", "-f")
		run(t, "xfs_quota", "-x", "-c", fmt.Sprintf("limit %s %d", limit, owner), dir)
	}
}

func mountImage(t *testing.T, dir, size, options string, mkfs ...string) {
	t.Helper()
	img := dir + ".img"
	run(t, "truncate", "-s", size, img)
	run(t, mkfs[0], append(mkfs[1:], img)...)
	run(t, "mount", "-o", options, img, dir)
	t.Cleanup(func() { unmount(t, dir) })
}

func unmount(t *testing.T, dir string) {
	if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
		t.Error(err)
	}
}

// run runs a program. It skips the test if the program, or what it needs of the system, is
// missing.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Skipf("%s: %v: %s", name, err, out)
	}
}

// fillBlocks writes files of decreasing size until not one byte fits.
func fillBlocks(dir string) {
	n := 0
	for size := 4 << 20; size > 0; size /= 8 {
		for {
			err := os.WriteFile(filepath.Join(dir, fmt.Sprint("fill", n)), make([]byte, size), 0o644)
			if n++; err != nil {
				break
			}
		}
	}
	fillInodes(dir)
}

// fillInodes makes empty folders and files until no more fit.
func fillInodes(dir string) {
	for n := range 20_000 { // a tmpfs has enough inodes, and needs no blocks for them
		one := os.Mkdir(filepath.Join(dir, fmt.Sprint("folder", n)), 0o755)
		other := os.WriteFile(filepath.Join(dir, fmt.Sprint("empty", n)), nil, 0o644)
		if one != nil && other != nil {
			return
		}
	}
}

// helpFill fills a file system as a user with a quota.
func helpFill(args []string) {
	for _, d := range disks() {
		if d.name == args[1] {
			d.fill(args[0])
		}
	}
}

// Everybody can clean a full disk, of everything.
func TestFullDisks(t *testing.T) {
	for _, d := range disks() {
		for _, uid := range []int{owner, 0} {
			t.Run(fmt.Sprintf("%s, cleaned by %d", d.name, uid), func(t *testing.T) {
				dir := filepath.Join(needUsers(t), "disk")
				must(t, os.Mkdir(dir, 0o755))
				d.make(t, dir)
				c := newCache(t, filepath.Join(dir, "pkgs"))
				must(t, c.Add(pkg("a")), c.AddExtracted(pkg("b")), c.AddExtracted(pkg("c")), c.AddLog("x.log"),
					c.AddIndexCache(fixture.CondaNow, "https://conda.example/channel/linux-64"), os.Mkdir(filepath.Join(dir, "fill"), 0o755))
				give(t, dir, owner, owner)
				must(t, as(t, owner, "fill", filepath.Join(dir, "fill"), d.name).Run())
				r := cleanAs(t, uid, c.Dir, "")
				checkAllGone(t, d.name, c, r)
				if left, _ := os.ReadDir(c.Dir); len(left) > 3 { // urls, urls.txt, .logs
					t.Errorf("left %v, %+v", left, r)
				}
			})
		}
	}
}

// With packages alone, there is no file whose removal makes room first.
func TestFullDisksOfPackagesAlone(t *testing.T) {
	for _, d := range disks() {
		t.Run(d.name, func(t *testing.T) {
			dir := filepath.Join(needUsers(t), "disk")
			must(t, os.Mkdir(dir, 0o755))
			d.make(t, dir)
			c := newCache(t, filepath.Join(dir, "pkgs"))
			must(t, c.AddExtracted(pkg("a")), c.AddExtracted(pkg("b")), os.Mkdir(filepath.Join(dir, "fill"), 0o755))
			give(t, dir, owner, owner)
			must(t, as(t, owner, "fill", filepath.Join(dir, "fill"), d.name).Run())
			r := cleanAs(t, owner, c.Dir, "")
			checkAllGone(t, d.name, c, r)
			if _, err := os.Lstat(c.Path(".gclean-trash")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the trash is left: %v", err)
			}
		})
	}
}

// An exhausted quota is like a full disk.
func TestQuota(t *testing.T) {
	c := newCache(t, t.TempDir())
	must(t, c.Add(pkg("a")), c.AddExtracted(pkg("b")))
	p := prepare(t, at(c.Dir, cache.All()...))
	r := removal.Execute(context.Background(), p, removal.Options{Before: func(op, path string) error {
		if fullDisk(op, path) != nil {
			return &fs.PathError{Op: op, Path: path, Err: unix.EDQUOT}
		}
		return nil
	}})
	if len(r.Failures) > 0 || len(r.Removed) != len(p.Remove) {
		t.Errorf("%+v", r)
	}
}
