package main

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/walk"
)

// recordings is where conda's recorded output is.
const recordings = "../../../shared/real/conda-clean-outputs"

// recorded is one file of conda's recorded output.
func recorded(t *testing.T, name string) string {
	t.Helper()
	if _, err := os.Stat(recordings); err != nil {
		t.Skip("shared is absent: ", err)
	}
	b, err := os.ReadFile(filepath.Join(recordings, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The recordings name /CASE a folder whose path was as long as this.
const (
	caseDir  = "/recorded/gclean0"
	rootDir  = "/root"
	casePkgs = caseDir + "/pkgs"
)

func masked(s string) string {
	return strings.NewReplacer(caseDir, "/CASE", rootDir, "/ROOT").Replace(slashed(s))
}

func entry(c cache.Category, dir, name string, size int64) *cache.Entry {
	return &cache.Entry{Category: c, Dir: dir, Name: name,
		Usage: walk.Usage{Apparent: size, Disk: (size + 4095) &^ 4095, Inodes: 1}}
}

// casePlan is the plan of the recorded case, in conda's order.
func casePlan() *cache.Plan {
	p := &cache.Plan{
		Targets: cache.All(),
		Caches:  []cache.Location{{Path: casePkgs}},
		Remove: []*cache.Entry{
			entry(cache.Tarballs, casePkgs, "half-2.0-0.tar.bz2.partial", 900),
			entry(cache.Tarballs, casePkgs, "half-1.0-0.conda.partial", 700),
			entry(cache.Tarballs, casePkgs, "idle-one-0.9-0.tar.bz2", 628),
			entry(cache.Tarballs, casePkgs, "used-two-2.3.1-py311_0.conda", 3004),
			entry(cache.Tarballs, casePkgs, "idle-two-4.5-h1234_1.conda", 3004),
			entry(cache.Tarballs, casePkgs, "used-one-1.0-0.tar.bz2", 663),
			entry(cache.IndexCache, casePkgs, "cache", 100),
			entry(cache.Packages, casePkgs, "idle-two-4.5-h1234_1", 40578),
			entry(cache.Packages, casePkgs, "idle-one-0.9-0", 3000590),
			entry(cache.TempFiles, rootDir, "tmpsample/a.c~", 10),
			entry(cache.TempFiles, rootDir, "tmpsample/b.trash", 10),
			entry(cache.LogFiles, casePkgs, ".logs/20260101-000000-000000.log", 10),
			entry(cache.LogFiles, casePkgs, ".logs/x.log", 10),
		},
	}
	for _, name := range []string{"used-one-1.0-0", "used-two-2.3.1-py311_0"} {
		p.Kept = append(p.Kept, cache.Kept{
			Entry: entry(cache.Packages, casePkgs, name, 2120),
			Holds: []hold.Hold{{
				Reason: hold.HardLinked,
				Prefix: path.Join(caseDir, "env"),
				Record: path.Join(caseDir, "env/conda-meta", name+".json"),
				File:   path.Join(casePkgs, name, "bin/x"),
			}},
		})
	}
	return p
}
