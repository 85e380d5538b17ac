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

// BenchmarkPlan plans the cleaning of 400 packages with 130,000 files; 191 files are
// hard-linked into environments.
func BenchmarkPlan(b *testing.B) {
	_, o := bigTree(b, benchDir(b))
	for b.Loop() {
		prepare(b, o)
	}
	b.ReportMetric(130_000*float64(b.N)/b.Elapsed().Seconds(), "files/s")
}

// BenchmarkRemove removes the free packages of the same tree.
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

// BenchmarkRecords plans a cache of 300 unlinked packages with 300 environments of 300
// records each. All records must be parsed.
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

// BenchmarkOwnNames plans a cache beside 100 environments of 100 records each that name
// packages of another cache. The first run (first) opens each of the 10,000 records to
// learn what it was linked from. The next run (next) knows that from its mark.
func BenchmarkOwnNames(b *testing.B) {
	const envs, records = 100, 100
	dir := benchDir(b)
	other, err := fixture.ManyEnvironments(context.Background(), dir, envs, records)
	must(b, err)
	tree, err := fixture.Big(context.Background(), filepath.Join(dir, "own"), fixture.BigOptions{Packages: 20, Files: 400, Held: 5, Environments: 1})
	must(b, err)
	o := options(tree.Cache, cache.Packages)
	for _, env := range append(other.Environments, tree.Environments...) {
		e, exists := meta.ReadEnvironment(env.Prefix)
		if !exists || e.Err != nil {
			b.Fatal(env.Prefix, exists, e.Err)
		}
		o.Discovery.Environments = append(o.Discovery.Environments, e)
	}
	plan := func(b *testing.B) {
		for b.Loop() {
			if p := prepare(b, o); len(p.Remove) == 0 && len(p.Kept) == 0 {
				b.Fatal("nothing in the plan")
			}
		}
		b.ReportMetric(envs*records*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	}
	b.Run("first", plan)
	one := o
	one.Policy.Include = []string{tree.Free[0]}
	if r := removal.Execute(context.Background(), prepare(b, one), removal.Options{}); len(r.Removed) != 1 || len(r.Failures) > 0 {
		b.Fatal(r.Removed, r.Failures)
	}
	if _, err := os.Stat(filepath.Join(tree.Cache.Dir, cache.OwnDir, cache.MarksDir)); err != nil {
		b.Fatal(err)
	}
	b.Run("next", plan)
}

// BenchmarkIndexes plans a cache of 3,000 unused packages of 10 files. It reads
// info/index.json of each for the package's name.
func BenchmarkIndexes(b *testing.B) {
	const packages = 3000
	tree, err := fixture.Big(context.Background(), benchDir(b), fixture.BigOptions{Packages: packages, Files: 10 * packages, Held: -1})
	must(b, err)
	o := options(tree.Cache, cache.Packages)
	for b.Loop() {
		if p := prepare(b, o); len(p.Remove) != packages {
			b.Fatal(len(p.Remove))
		}
	}
	b.ReportMetric(packages*float64(b.N)/b.Elapsed().Seconds(), "packages/s")
}
