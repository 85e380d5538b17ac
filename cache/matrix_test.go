package cache_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gclean/cache"
	"gclean/internal/fixture"
	"gclean/meta"
	"gclean/meta/dist"
)

// matrixPackage returns a package with all kinds of files that are linked differently.
func matrixPackage(noarch fixture.Noarch) fixture.Package {
	p := fixture.Package{Name: "every", Version: "1.0", Build: "0", Noarch: noarch, Files: []fixture.File{
		{Path: "bin/tool", Content: "echo\n", Mode: 0o755, Prefix: true},
		{Path: "lib/libevery.so.1", Size: 3000},
		{Path: "share/every/a", Content: "a"},
		{Path: "share/every/b", Content: "b", Mode: 0o444},
		{Path: "share/every/c", Content: "c"},
	}}
	if fixture.CanSymlink() == nil {
		p.Files = append(p.Files, fixture.File{Path: "lib/libevery.so", Target: "libevery.so.1"})
	}
	if noarch == fixture.NoarchPython {
		p.Files = append(p.Files, fixture.File{Path: "site-packages/every/__init__.py", Content: "x = 1\n"})
	}
	return p
}

// TestMatrix removes packages of every cache family, linked in every way and recorded by
// every tool, with a known and an unknown environment. A rule says which packages are held,
// and not one byte of a known environment may change.
func TestMatrix(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		name string
		kind fixture.Kind
	}{{"hard", fixture.Hard}, {"soft", fixture.Soft}, {"copy", fixture.Copy}, {"mixed", fixture.Mixed}, {"reflink", fixture.Reflink}}
	writers := []struct {
		name   string
		writer fixture.Writer
	}{{"conda", fixture.CondaNow}, {"old conda", fixture.CondaSorted}, {"mamba", fixture.Mamba}, {"rattler", fixture.Rattler}}
	for _, k := range kinds {
		for _, w := range writers {
			for _, known := range []bool{true, false} {
				for _, noarch := range []fixture.Noarch{fixture.PlatformSpecific, fixture.NoarchPython} {
					if noarch != fixture.PlatformSpecific && !known {
						continue // the places of files in an environment matter only to those who read its records
					}
					name := fmt.Sprintf("%s by %s, known %v, noarch %q", k.name, w.name, known, noarch)
					t.Run(name, func(t *testing.T) {
						// Hard links are visible in the cache. Symlinks are visible only in
						// the environment. Copies and reflinks need nothing.
						held := k.kind == fixture.Hard || k.kind == fixture.Mixed || k.kind == fixture.Soft && known
						matrixCase(t, matrixPackage(noarch), fixture.Link{Kind: k.kind, Writer: w.writer}, known, held)
					})
				}
			}
		}
	}
}

func matrixCase(t *testing.T, p fixture.Package, l fixture.Link, known, held bool) {
	top := t.TempDir()
	for name, c := range homes(t, top) {
		env := newEnv(t, filepath.Join(top, "envs", name))
		must(t, c.Add(p))
		if err := env.LinkFolder(c.Extracted(p), p, l); err != nil {
			fixture.SkipWithoutSymlinks(t, err)
			for _, refused := range []error{errors.ErrUnsupported, syscall.EOPNOTSUPP, syscall.ENOTTY, syscall.EINVAL, syscall.EXDEV} {
				if l.Kind == fixture.Reflink && errors.Is(err, refused) {
					t.Skip("the file system has no reflinks")
				}
			}
			t.Fatal(err)
		}
		o := at(c.Dir, cache.Packages)
		before := ""
		if known {
			o.Discovery.Environments = []meta.Environment{environment(t, env)}
			before = contents(t, env.Prefix)
		}
		plan := prepare(t, o)
		if got := plan.Caches[0].Family; got != c.Family {
			t.Errorf("%s: family %v, want %v", name, got, c.Family)
		}
		want := c.Name(p)
		if held {
			want = ""
		}
		if got := names(plan.Remove); got != want || held != (len(plan.Kept) == 1) {
			t.Errorf("%s: goes %q, want %q; %d kept", name, got, want, len(plan.Kept))
		}
		execute(t, plan)
		if _, err := os.Lstat(c.Extracted(p)); held != (err == nil) {
			t.Errorf("%s: held %v, yet %v", name, held, err)
		}
		if known && contents(t, env.Prefix) != before {
			t.Errorf("%s: the environment has changed", name)
		}
		if p := prepare(t, o); len(p.Remove) > 0 {
			t.Errorf("%s: left %s", name, names(p.Remove))
		}
	}
}

// TestRealRecords installs packages according to real records, with the paths changed to
// those of the test: once by symlinks and once as copies.
func TestRealRecords(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("GCLEAN_REAL")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "real")
	}
	records, err := filepath.Glob(filepath.Join(dir, "conda-meta", "*.json"))
	must(t, err)
	if len(records) == 0 {
		t.Skipf("no real records in %s; GCLEAN_REAL names another folder", dir)
	}
	for _, soft := range []bool{true, false} {
		top := t.TempDir()
		c := newCache(t, filepath.Join(top, "pkgs"))
		env := newEnv(t, filepath.Join(top, "env"))
		linked := 0
		for _, path := range records {
			distribution := strings.TrimSuffix(filepath.Base(path), ".json")
			text, err := os.ReadFile(path)
			must(t, err)
			must(t, c.AddFile(distribution+"/info/index.json", "{}"))
			files := realFiles(t, string(text))
			for i, rel := range files {
				if i == 3 {
					break // three are enough
				}
				must(t, c.AddFile(distribution+"/"+rel, distribution+rel))
				at := env.Path(rel)
				must(t, os.MkdirAll(filepath.Dir(at), 0o755))
				if _, err := os.Lstat(at); err == nil {
					continue
				}
				if soft {
					must(t, fixture.Symlink(c.Path(distribution+"/"+rel), at))
				} else {
					must(t, os.WriteFile(at, []byte(distribution+rel), 0o644))
				}
			}
			if len(files) > 0 {
				linked++
			}
			// The cache in the record is another machine's. Here it is this cache, or one
			// that was moved.
			l, err := dist.ReadRecordLink(strings.NewReader(string(text)))
			must(t, err)
			rewritten := string(text)
			if source := l.Path(); source != "" && linked%2 == 0 {
				rewritten = strings.ReplaceAll(rewritten, jsonPath(source), jsonPath(c.Path(distribution)))
			}
			must(t, env.AddFile("conda-meta/"+distribution+".json", rewritten))
		}
		o := options(c, cache.Packages)
		o.Discovery.Environments = []meta.Environment{environment(t, env)}
		before := contents(t, env.Prefix)
		p := prepare(t, o)
		if len(p.Remove)+len(p.Kept) != len(records) {
			t.Errorf("soft %v: %d go, %d stay, of %d", soft, len(p.Remove), len(p.Kept), len(records))
		}
		if soft && len(p.Kept) < linked*9/10 {
			t.Errorf("%d of %d soft-linked packages stay", len(p.Kept), linked)
		}
		if !soft && len(p.Remove) < linked*9/10 {
			t.Errorf("%d of %d copied packages go: %s", len(p.Remove), linked, keptNames(p))
		}
		execute(t, p)
		if contents(t, env.Prefix) != before {
			t.Errorf("soft %v: the environment has changed", soft)
		}
	}
}

func jsonPath(path string) string { return strings.ReplaceAll(path, `\`, `\\`) }

func realFiles(t *testing.T, record string) []string {
	t.Helper()
	var files []string
	_, err := dist.ReadRecordFiles(strings.NewReader(record), func(path string) bool {
		if !strings.HasPrefix(path, "conda-meta/") && filepath.IsLocal(path) {
			files = append(files, path)
		}
		return true
	})
	must(t, err)
	return files
}
