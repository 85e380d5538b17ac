package walk

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/karrick/godirwalk"
)

// BenchmarkDirents lists folders like those of conda packages, and describes each name: 200
// folders of 10 files and one of 5,000. It is the reason for reading folders with
// getdents64 on Linux. On a tmpfs with 2 cores, godirwalk's scanner and os.ReadDir both
// took 1.45 times as long.
func BenchmarkDirents(b *testing.B) {
	top, err := os.MkdirTemp(os.Getenv("GCLEAN_BENCH_DIR"), "gclean-dirents")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(top) })
	var dirs []string
	files := 0
	for i := range 201 {
		dir := filepath.Join(top, fmt.Sprint("folder", i))
		if err := os.Mkdir(dir, 0o755); err != nil {
			b.Fatal(err)
		}
		n := 10
		if i == 0 {
			n = 5000
		}
		for j := range n {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("module_%d.py", j)), nil, 0o644); err != nil {
				b.Fatal(err)
			}
		}
		files += n
		dirs = append(dirs, dir)
	}
	for _, way := range []struct {
		name string
		read func(dir string) (int, error)
	}{
		{"handle", readByHandle()},
		{"godirwalk", readByGodirwalk},
		{"os", readByOS},
	} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				n := 0
				for _, dir := range dirs {
					m, err := way.read(dir)
					if err != nil {
						b.Fatal(err)
					}
					n += m
				}
				if n != files {
					b.Fatalf("%d files of %d", n, files)
				}
			}
			b.ReportMetric(float64(files)*float64(b.N)/b.Elapsed().Seconds(), "files/s")
		})
	}
}

func readByHandle() func(dir string) (int, error) {
	ents := newDirents()
	return func(dir string) (n int, err error) {
		sys, err := openPath(dir)
		if err != nil {
			return 0, err
		}
		defer sys.close()
		ents.reset(sys)
		for {
			more, err := ents.fill()
			if err != nil || !more {
				return n, err
			}
			for ents.next() {
				if _, err := sys.lstat(ents.name()); err != nil {
					return n, err
				}
				n++
			}
		}
	}
}

func readByGodirwalk(dir string) (n int, err error) {
	s, err := godirwalk.NewScanner(dir)
	if err != nil {
		return 0, err
	}
	for s.Scan() {
		if _, err := os.Lstat(filepath.Join(dir, s.Name())); err != nil {
			return n, err
		}
		n++
	}
	return n, s.Err()
}

func readByOS(dir string) (int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if _, err := e.Info(); err != nil {
			return 0, err
		}
	}
	return len(entries), nil
}
