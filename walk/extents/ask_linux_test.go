package extents_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gclean/internal/fixture"
	"gclean/walk/extents"
)

// disks returns file systems that can share extents, with the commands that make them.
func disks() map[string][]string {
	return map[string][]string{"btrfs": {"mkfs.btrfs", "-q"}, "xfs": {"mkfs.xfs", "-q"}}
}

const block = 64 << 10 // a multiple of the blocks of all file systems

func write(t testing.TB, path string, size int) {
	t.Helper()
	content := make([]byte, size)
	rand.Read(content)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// clone shares length bytes of src, from offset, with dst at the same offset.
func clone(t testing.TB, src, dst string, offset, length uint64) {
	t.Helper()
	from, err := os.Open(src)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(dst, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	r := unix.FileCloneRange{Src_fd: int64(from.Fd()), Src_offset: offset, Src_length: length, Dest_offset: offset}
	if err := unix.IoctlFileCloneRange(int(to.Fd()), &r); err != nil {
		t.Fatal(err)
	}
}

func opened(t testing.TB, dir string) int {
	t.Helper()
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// TestSharedOnDisk asks about files on real file systems, including files whose data is not
// written to disk yet.
func TestSharedOnDisk(t *testing.T) {
	t.Parallel()
	for name, mkfs := range disks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := fixture.Disk(t, "300M", mkfs...)
			at := func(name string) string { return filepath.Join(dir, name) }
			write(t, at("own"), 16*block)
			write(t, at("tiny"), 10)
			write(t, at("whole"), 16*block)
			clone(t, at("whole"), at("its clone"), 0, 0)
			write(t, at("three"), 3*block)
			clone(t, at("three"), at("two of them"), 0, 0)
			clone(t, at("three"), at("two of them"), 0, 0) // the same file again
			write(t, at("sparse"), block)
			clone(t, at("sparse"), at("its clone, sparse too"), 0, 0)
			for _, name := range []string{"sparse", "its clone, sparse too"} {
				if err := os.Truncate(at(name), 1<<30); err != nil {
					t.Fatal(err)
				}
			}
			write(t, at("rewritten"), 4*block)
			clone(t, at("rewritten"), at("its old content"), 0, 0)
			write(t, at("rewritten"), 4*block)
			// Every second block is shared, which makes more extents than one call returns.
			write(t, at("pieces"), 200*block)
			write(t, at("clone of pieces"), 200*block)
			for i := range uint64(100) {
				clone(t, at("pieces"), at("clone of pieces"), 2*i*block, block)
			}
			var a extents.Asker
			fd := opened(t, dir)
			if !extents.MayBeShared(fd) {
				t.Fatal("it may not share extents")
			}
			for name, want := range map[string]int64{
				"own": 0, "tiny": 0, "whole": 16 * block, "its clone": 16 * block, "two of them": 3 * block,
				"sparse": block, "its clone, sparse too": block, "rewritten": 0, "clone of pieces": 100 * block,
			} {
				if got, err := a.Shared(fd, name); got != want || err != nil {
					t.Errorf("%s: %d bytes are shared, want %d; %v", name, got, want, err)
				}
			}
			// After the file is removed, its clone shares nothing any more.
			if err := os.Remove(at("whole")); err != nil {
				t.Fatal(err)
			}
			// XFS frees the extents of a removed file in the background.
			for deadline := time.Now().Add(5 * time.Second); ; {
				got, err := a.Shared(fd, "its clone")
				if got == 0 && err == nil {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("of the last clone %d bytes are shared; %v", got, err)
				}
				unix.Syncfs(fd)
			}
			if _, err := a.Shared(fd, "missing"); err == nil {
				t.Error("no error of a file that is not there")
			}
		})
	}
}

// TestWhereExtentsAreShared checks for each file system, and for overlayfs on it, whether
// asking is worthwhile.
func TestWhereExtentsAreShared(t *testing.T) {
	t.Parallel()
	all := disks()
	all["ext4"] = []string{"mkfs.ext4", "-q"}
	for name, mkfs := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := fixture.Disk(t, "300M", mkfs...)
			for _, dir := range []string{dir, fixture.Overlay(t, dir)} {
				if got, want := extents.MayBeShared(opened(t, dir)), name != "ext4"; got != want {
					t.Errorf("%s: %v", dir, got)
				}
			}
		})
	}
}

// BenchmarkShared asks about 1000 files of 16 kB, half of them shared, and compares that
// with only opening and closing them.
func BenchmarkShared(b *testing.B) {
	for name, mkfs := range disks() {
		dir := fixture.Disk(b, "300M", mkfs...)
		for i := range 500 {
			write(b, filepath.Join(dir, fmt.Sprint("f", 2*i)), 16<<10)
			clone(b, filepath.Join(dir, fmt.Sprint("f", 2*i)), filepath.Join(dir, fmt.Sprint("f", 2*i+1)), 0, 0)
		}
		fd := opened(b, dir)
		unix.Syncfs(fd)
		each := func(b *testing.B, f func(name string)) {
			for b.Loop() {
				for i := range 1000 {
					f(fmt.Sprint("f", i))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/file")
		}
		b.Run(name+"/open", func(b *testing.B) {
			each(b, func(name string) {
				file, err := unix.Openat(fd, name, unix.O_RDONLY, 0)
				if err != nil {
					b.Fatal(err)
				}
				unix.Close(file)
			})
		})
		b.Run(name+"/shared", func(b *testing.B) {
			var a extents.Asker
			each(b, func(name string) {
				if _, err := a.Shared(fd, name); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}
