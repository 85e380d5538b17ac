package cache_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"gclean/cache"
	"gclean/internal/fixture"
	"gclean/meta"
)

// benchDir is where benchmarks build their trees: GCLEAN_BENCH_DIR, e.g. a
// tmpfs or an ext4 on a loop device, else the default of the system.
func benchDir(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp(os.Getenv("GCLEAN_BENCH_DIR"), "gclean-bench")
	must(b, err)
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func bigTree(b *testing.B, dir string) (fixture.Tree, cache.Options) {
	b.Helper()
	tree, err := fixture.Big(context.Background(), dir, fixture.BigOptions{})
	must(b, err)
	o := options(tree.Cache, cache.All()...)
	for _, env := range tree.Environments {
		o.Environments = append(o.Environments, environment(b, env))
	}
	return tree, o
}

// BenchmarkPlan plans the cleaning of 400 packages with 130,000 files, 191 of
// them hard-linked into environments.
func BenchmarkPlan(b *testing.B) {
	_, o := bigTree(b, benchDir(b))
	for b.Loop() {
		prepare(b, o)
	}
	b.ReportMetric(130_000*float64(b.N)/b.Elapsed().Seconds(), "files/s")
}

// BenchmarkRemove removes the packages of the same tree that are free.
func BenchmarkRemove(b *testing.B) {
	files := int64(0)
	for b.Loop() {
		b.StopTimer()
		dir := benchDir(b)
		_, o := bigTree(b, dir)
		p := prepare(b, o)
		b.StartTimer()
		r := p.Execute(context.Background(), cache.RemoveOptions{})
		b.StopTimer()
		if len(r.Failures) > 0 {
			b.Fatal(r.Failures[0].Err)
		}
		for _, e := range r.Removed {
			files += e.Usage.Files
		}
		must(b, os.RemoveAll(dir))
		b.StartTimer()
	}
	b.ReportMetric(float64(files)/b.Elapsed().Seconds(), "files/s")
}

// BenchmarkRecords plans a cache of 300 packages, none of which is linked, with
// 300 environments of 300 records that all have to be parsed.
func BenchmarkRecords(b *testing.B) {
	tree, err := fixture.ManyEnvironments(context.Background(), benchDir(b), 300, 300)
	must(b, err)
	o := options(tree.Cache, cache.Packages)
	for _, env := range tree.Environments {
		o.Environments = append(o.Environments, meta.Environment{Prefix: env.Prefix})
	}
	for b.Loop() {
		for i := range o.Environments {
			env := &o.Environments[i]
			env.Records = nil
			list, err := os.ReadDir(filepath.Join(env.Prefix, "conda-meta"))
			must(b, err)
			for _, e := range list {
				if filepath.Ext(e.Name()) == ".json" {
					env.Records = append(env.Records, e.Name())
				}
			}
		}
		prepare(b, o)
	}
	b.ReportMetric(90_000*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
