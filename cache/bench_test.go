package cache_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/meta"
)

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
		r := removal.Execute(context.Background(), p, removal.Options{})
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
		o.Discovery.Environments = append(o.Discovery.Environments, meta.Environment{Prefix: env.Prefix})
	}
	for b.Loop() {
		for i := range o.Discovery.Environments {
			env := &o.Discovery.Environments[i]
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
