package verify_test

import (
	"context"
	"testing"

	"gclean/cache"
	"gclean/cache/verify"
)

// BenchmarkVerify verifies a cache of 400 extracted packages with 130,000 files; 191 files
// are hard-linked into environments. The same files with coreutils, in $GCLEAN_BENCH_DIR:
//
//	time find pkgs -type f -print0 | xargs -0 sha256sum >/dev/null
//	time find pkgs -type f -print0 | xargs -0 -n 500 -P 2 sha256sum >/dev/null
func BenchmarkVerify(b *testing.B) {
	_, o := bigTree(b, benchDir(b))
	var bytes int64
	for b.Loop() {
		v, err := verify.Verify(context.Background(), verify.Options{ListOptions: cache.ListOptions{Look: o.Look}})
		must(b, err)
		bytes = 0
		for _, c := range v.Checks {
			if !c.Sound() {
				b.Fatal(c.Entry.Path(), c.Faults)
			}
			bytes += c.Entry.Usage.Apparent
		}
	}
	b.SetBytes(bytes)
	b.ReportMetric(130_000*float64(b.N)/b.Elapsed().Seconds(), "files/s")
}

// BenchmarkVerifyFast is BenchmarkVerify without reading contents.
func BenchmarkVerifyFast(b *testing.B) {
	_, o := bigTree(b, benchDir(b))
	for b.Loop() {
		_, err := verify.Verify(context.Background(), verify.Options{ListOptions: cache.ListOptions{Look: o.Look}, Fast: true})
		must(b, err)
	}
	b.ReportMetric(130_000*float64(b.N)/b.Elapsed().Seconds(), "files/s")
}
