package cache_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
	"gclean/meta"
)

// reachable returns every path that can be reached from top, following symlinks, with a
// hash of the content.
func reachable(t testing.TB, top string) map[string]string {
	t.Helper()
	found := map[string]string{}
	var visit func(path string, depth int)
	visit = func(path string, depth int) {
		fi, err := os.Stat(path)
		switch {
		case err != nil:
			found[path] = "nothing"
		case fi.IsDir() && depth > 12: // a loop
		case fi.IsDir():
			found[path] = "folder"
			list, err := os.ReadDir(path)
			must(t, err)
			for _, e := range list {
				visit(filepath.Join(path, e.Name()), depth+1)
			}
		default:
			data, err := os.ReadFile(path)
			must(t, err)
			found[path] = fmt.Sprintf("%v %x", fi.Mode(), sha256.Sum256(data))
		}
	}
	visit(top, 0)
	return found
}

// TestNothingReachableChanges cleans random trees. Everything that a known environment can
// reach must remain as it is.
func TestNothingReachableChanges(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("GCLEAN_SEED"); s != "" {
		var err error
		seed, err = strconv.ParseUint(s, 10, 64)
		must(t, err)
	}
	t.Logf("GCLEAN_SEED=%d", seed)
	rounds := 15
	if testing.Short() {
		rounds = 5
	}
	removed, kept := 0, 0
	for round := range rounds {
		rng := rand.New(rand.NewPCG(seed, uint64(round)))
		o, envs := randomTree(t, rng, t.TempDir())
		o.EvenLinked = rng.IntN(3) == 0
		before := map[string]map[string]string{}
		for _, prefix := range envs {
			before[prefix] = reachable(t, prefix)
		}
		p := prepare(t, o)
		r := removal.Execute(context.Background(), p, removal.Options{})
		if r.Err != nil || len(r.Failures) > 0 {
			t.Fatalf("round %d: %v %+v", round, r.Err, r.Failures)
		}
		removed, kept = removed+len(r.Removed), kept+len(p.Kept)
		for prefix, was := range before {
			is := reachable(t, prefix)
			for path, content := range was {
				if is[path] != content {
					t.Fatalf("round %d, targets %v: %s was %s, is %q", round, o.Targets, path, content, is[path])
				}
			}
		}
	}
	if removed == 0 || kept == 0 {
		t.Errorf("%d removed, %d kept: the trees try nothing", removed, kept)
	}
}

// randomTree makes caches of all families, environments that use them in all ways, and
// everything else that has led to doubt before.
func randomTree(t testing.TB, rng *rand.Rand, top string) (o cache.Options, prefixes []string) {
	t.Helper()
	o.Look = cache.Look{Discovery: cachetest.Found(), NothingRuns: true}
	chance := func(percent int) bool { return rng.IntN(100) < percent }
	kinds, symlinks := []fixture.Kind{fixture.Hard, fixture.Copy, fixture.Mixed}, fixture.CanSymlink() == nil
	if symlinks {
		kinds = append(kinds, fixture.Soft)
	}
	var caches []cachetest.Layout
	all := homes(t, top)
	for _, name := range []string{"conda", "mamba", "rattler", "rattler origin"} {
		caches = append(caches, all[name])
	}
	for _, c := range caches {
		o.Discovery.Caches = append(o.Discovery.Caches, meta.Value{Path: c.Dir})
		if chance(20) && symlinks { // the same under another name
			link := filepath.Join(top, fmt.Sprintf("link%d", rng.Uint32()))
			must(t, fixture.Symlink(c.Dir, link))
			o.Discovery.Caches = slices.Insert(o.Discovery.Caches, rng.IntN(len(o.Discovery.Caches)+1), meta.Value{Path: link})
		}
	}
	var packages []fixture.Package
	where := map[string][]string{} // dist -> extracted folders
	for i := range 3 + rng.IntN(8) {
		p := pkg(fmt.Sprint("p", i))
		switch rng.IntN(5) {
		case 0:
			p.Files = nil // only info/
		case 1:
			p = matrixPackage(fixture.NoarchPython)
			p.Name = fmt.Sprint("p", i)
		}
		packages = append(packages, p)
		for _, c := range caches {
			if chance(50) {
				must(t, c.Add(p))
				where[p.Dist()] = append(where[p.Dist()], c.Extracted(p))
			}
		}
	}
	crossLink(t, rng, packages, where)
	for i := range 1 + rng.IntN(4) {
		prefix := filepath.Join(top, "envs", fmt.Sprint("e", i))
		env := newEnv(t, prefix)
		if chance(25) {
			// Its record has the name of a package that is not installed in it.
			must(t, env.AddFile("conda-meta/"+packages[0].Dist()+".json", "{ not JSON"))
		}
		used := map[string]bool{}
		for _, p := range packages {
			folders := where[p.Dist()]
			if _, err := os.Lstat(env.Record(p)); len(folders) == 0 || err == nil || !chance(60) || conflicts(used, p) {
				continue
			}
			l := fixture.Link{
				Kind:     kinds[rng.IntN(len(kinds))],
				Writer:   []fixture.Writer{fixture.CondaNow, fixture.CondaSorted, fixture.Mamba, fixture.Rattler}[rng.IntN(4)],
				Relative: chance(20),
			}
			switch rng.IntN(6) {
			case 0:
				l.Source = filepath.Join(top, "moved", p.Dist()) // a cache that no longer exists
			case 1:
				l.Source = folders[rng.IntN(len(folders))] // a cache other than that of the files
			}
			must(t, env.LinkFolder(folders[rng.IntN(len(folders))], p, l))
			if chance(10) {
				text, err := os.ReadFile(env.Record(p))
				must(t, err)
				must(t, os.WriteFile(env.Record(p), text[:rng.IntN(len(text))], 0o644))
			}
		}
		known := environment(t, env)
		if chance(30) && symlinks { // known by a symlink
			link := filepath.Join(top, fmt.Sprint("env-link", i))
			must(t, fixture.Symlink(prefix, link))
			known.Prefix = link
		}
		o.Discovery.Environments = append(o.Discovery.Environments, known)
		prefixes = append(prefixes, prefix)
	}
	targets := [][]cache.Category{cache.All(), {cache.Packages}, {cache.Tarballs, cache.Packages}, {cache.PkgsDirs}}
	o.Targets = targets[rng.IntN(len(targets))]
	return o, prefixes
}

// conflicts reports whether p shares a file with an installed package.
func conflicts(used map[string]bool, p fixture.Package) bool {
	for _, f := range p.Files {
		if used[f.Path] {
			return true
		}
	}
	for _, f := range p.Files {
		used[f.Path] = true
	}
	return false
}

// crossLink makes hard links within packages and among packages of different caches.
func crossLink(t testing.TB, rng *rand.Rand, packages []fixture.Package, where map[string][]string) {
	t.Helper()
	for _, p := range packages {
		folders := where[p.Dist()]
		if len(folders) == 0 || len(p.Files) == 0 {
			continue
		}
		file := filepath.FromSlash(p.Files[0].Path)
		switch rng.IntN(3) {
		case 0:
			must(t, os.Link(filepath.Join(folders[0], file), filepath.Join(folders[0], "again")))
		case 1:
			for _, other := range folders[1:] {
				must(t, os.Remove(filepath.Join(other, file)), os.Link(filepath.Join(folders[0], file), filepath.Join(other, file)))
			}
		}
	}
}

func TestLinkedAmongCachesOnly(t *testing.T) {
	top := t.TempDir()
	p := pkg("a")
	all := homes(t, top)
	o := cache.Options{Look: cache.Look{Discovery: cachetest.Found(), NothingRuns: true}, Targets: []cache.Category{cache.Packages}}
	first := ""
	for _, name := range []string{"conda", "mamba", "rattler"} {
		c := all[name]
		must(t, c.Add(p))
		o.Discovery.Caches = append(o.Discovery.Caches, meta.Value{Path: c.Dir})
		file := filepath.Join(c.Extracted(p), "lib", "a.so")
		if first == "" {
			first = file
		} else {
			must(t, os.Remove(file), os.Link(first, file))
		}
	}
	plan := prepare(t, o)
	if len(plan.Remove) != 3 {
		t.Errorf("goes: %s; stays: %s", names(plan.Remove), keptNames(plan))
	}
	// Without one of the caches, the packages may be in use.
	o.Discovery.Caches = o.Discovery.Caches[1:]
	if plan := prepare(t, o); len(plan.Kept) != 2 {
		t.Errorf("goes: %s; stays: %s", names(plan.Remove), keptNames(plan))
	}
}

func TestRecordOfACacheThatHasMoved(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	soft, linked := pkg("soft"), pkg("linked")
	must(t, c.AddExtracted(soft), c.AddExtracted(linked))
	env := newEnv(t, filepath.Join(top, "env"))
	gone := fixture.Link{Kind: fixture.Soft, Source: filepath.Join(top, "before", "pkgs", soft.Dist())}
	copied := fixture.Link{Kind: fixture.Copy, Source: filepath.Join(top, "before", "pkgs", linked.Dist())}
	must(t, env.Link(c, soft, gone), env.Link(c, linked, copied))
	o := options(c, cache.Packages)
	o.Discovery.Environments = []meta.Environment{environment(t, env)}
	if p := prepare(t, o); names(p.Remove) != "linked-1.0-0" || !strings.HasPrefix(keptNames(p), "soft-1.0-0") {
		t.Errorf("goes: %s; stays: %s", names(p.Remove), keptNames(p))
	}
	// Another package is at the path in the record; the symlinks show which one is used.
	must(t, (&fixture.Cache{Dir: filepath.Join(top, "before", "pkgs")}).AddExtracted(soft))
	if p := prepare(t, o); names(p.Remove) != "linked-1.0-0" {
		t.Errorf("goes: %s; stays: %s", names(p.Remove), keptNames(p))
	}
}
