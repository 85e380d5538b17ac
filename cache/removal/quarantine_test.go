package removal_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/quarantine"
	"gclean/cache/removal"
	"gclean/internal/fixture"
)

const week = 7 * 24 * time.Hour

// aside returns o for a run at that time that sets entries aside for a week.
func aside(o cache.Options, at time.Time) cache.Options {
	o.Quarantine, o.Now = week, func() time.Time { return at }
	return o
}

// carryOut carries out the plan of o, and fails the test if anything failed.
func carryOut(t testing.TB, o cache.Options) *removal.Result {
	t.Helper()
	r := removal.Execute(context.Background(), prepare(t, o), removal.Options{Now: o.Now})
	if r.Err != nil || len(r.Failures) > 0 || len(r.Spared) > 0 {
		t.Fatalf("failed: %v, %+v, spared %s", r.Err, r.Failures, names(r.Spared))
	}
	return r
}

// all accepts every note.
func all(*quarantine.Note) bool { return true }

// restore restores everything in the caches of o.
func restore(t testing.TB, o cache.Options, before func(op, path string) error) (list []removal.Restored, err error) {
	t.Helper()
	caches, _, err := cache.Quarantines(o.Discovery)
	must(t, err)
	for _, c := range caches {
		got, failed := removal.Restore(context.Background(), c.Cache, all, removal.RestoreOptions{Before: before})
		list, err = append(list, got...), errors.Join(err, failed)
	}
	return list, err
}

// whole describes a tree: modes, times of change and contents. It leaves out the times of
// the folders that contain entries, because renaming changes them.
func whole(t testing.TB, top string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(top, path)
		if d.Name() == "pkgs.lock" { // a killed run leaves it
			return nil
		}
		fmt.Fprintf(&b, "%s %s", filepath.ToSlash(rel), fi.Mode())
		if !d.IsDir() || strings.Contains(filepath.ToSlash(rel), "-1.0-0") {
			fmt.Fprintf(&b, " %d", fi.ModTime().UnixNano())
		}
		if fi.Mode().IsRegular() {
			text, err := os.ReadFile(path)
			fmt.Fprintf(&b, " %x", sha256.Sum256(text))
			if err != nil {
				return err
			}
		}
		b.WriteByte('\n')
		return nil
	}))
	return b.String()
}

// differ returns the lines in which two descriptions of a tree differ.
func differ(was, is string) string {
	var b strings.Builder
	for _, side := range []struct{ sign, from, not string }{{"-", was, is}, {"+", is, was}} {
		for line := range strings.Lines(side.from) {
			if !strings.Contains("\n"+side.not, "\n"+line) {
				b.WriteString(side.sign + line)
			}
		}
	}
	return b.String()
}

// inQuarantine returns the original places of the entries in quarantine, sorted.
func inQuarantine(t testing.TB, o cache.Options) string {
	t.Helper()
	caches, _, err := cache.Quarantines(o.Discovery)
	must(t, err)
	var list []string
	for _, c := range caches {
		must(t, c.Err)
		for _, f := range c.Found {
			must(t, f.Err)
			if f.Whole() {
				list = append(list, string(f.Note.Path))
			}
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// TestQuarantineIsRemovedInTime: any run that cleans removes an entry once its time in
// quarantine is over, and not before.
func TestQuarantineIsRemovedInTime(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.Add(pkg("a")), c.AddPartial("b-1.0-0.conda", 10))
	now := time.Now()
	o := options(c, cache.Tarballs, cache.Packages)
	r := carryOut(t, aside(o, now))
	if got := inQuarantine(t, o); got != "a-1.0-0 a-1.0-0.conda" {
		t.Errorf("in quarantine: %s", got)
	}
	if s := cache.SizesOf(r.Removed); s.AsideEntries != 2 || s.Aside == 0 || len(r.Removed) != 3 {
		t.Errorf("removed %s, %+v", names(r.Removed), s)
	}
	if _, err := os.Lstat(c.Path("b-1.0-0.conda.partial")); err == nil {
		t.Error("a download that was cut off is kept")
	}
	later := options(c, cache.LogFiles)
	for _, at := range []time.Time{now.Add(-time.Hour), now.Add(week - time.Second)} {
		later.Now = func() time.Time { return at }
		if r := carryOut(t, later); len(r.Removed) > 0 {
			t.Errorf("at %s %s went", at.Sub(now), names(r.Removed))
		}
		if r := carryOut(t, aside(o, at)); len(r.Removed) > 0 {
			t.Errorf("at %s %s went", at.Sub(now), names(r.Removed))
		}
	}
	later.Now = func() time.Time { return now.Add(week) }
	if r := carryOut(t, later); len(r.Removed) != 2 || cache.SizesOf(r.Removed).Freed == 0 {
		t.Errorf("once the time has come, %s went", names(r.Removed))
	}
	if got := tree(t, c.Dir); got != "/ /urls /urls.txt" {
		t.Errorf("left: %s", got)
	}
}

// TestQuarantineAsTarget: before that time, an entry is removed only if the user asks for
// the quarantine or for the whole cache.
func TestQuarantineAsTarget(t *testing.T) {
	for name, c := range map[string]struct {
		targets []cache.Category
		goes    bool
	}{
		"all":        {cache.All(), false},
		"trash":      {[]cache.Category{cache.Trash}, false},
		"quarantine": {[]cache.Category{cache.Quarantined}, true},
		"everything": {[]cache.Category{cache.PkgsDirs}, true},
	} {
		fix := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
		must(t, fix.AddExtracted(pkg("a")))
		now := time.Now()
		carryOut(t, aside(options(fix, cache.Packages), now))
		o := options(fix, c.targets...)
		carryOut(t, o)
		if _, err := os.Lstat(fix.Path(quarantine.Dir)); (err != nil) != c.goes {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestQuarantineCountsLinks: links shared with a package in quarantine are not links from
// outside the caches.
func TestQuarantineCountsLinks(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("a")))
	carryOut(t, aside(options(c, cache.Packages), time.Now()))
	must(t, c.AddExtracted(pkg("a")))
	put, err := filepath.Glob(c.Path(quarantine.Dir + "/*/a-1.0-0/lib/a.so"))
	must(t, err)
	file := filepath.Join(c.Extracted(pkg("a")), "lib", "a.so")
	must(t, os.Remove(file), os.Link(put[0], file))
	if p := prepare(t, options(c, cache.Packages)); names(p.Remove) != "a-1.0-0" {
		t.Errorf("goes: %s, stays: %s", names(p.Remove), keptNames(p))
	}
}

// TestQuarantineAndRoom: the quarantine does not count in the size of a cache. Otherwise
// each run would set more aside.
func TestQuarantineAndRoom(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	for _, name := range []string{"a", "b", "c", "d"} {
		must(t, c.AddExtracted(pkg(name)))
	}
	o := options(c, cache.Packages)
	size := cache.SizesOf(prepare(t, o).Remove).Freed
	o.Policy.MaxSize = &cache.Amount{Bytes: size / 2}
	for range 3 {
		carryOut(t, aside(o, time.Now()))
	}
	if got := strings.Fields(inQuarantine(t, o)); len(got) != 2 {
		t.Errorf("in quarantine: %s", got)
	}
}

// TestQuarantineChangedSince: a folder without an entry is trash, until an entry comes.
func TestQuarantineChangedSince(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("a")), os.MkdirAll(c.Path(quarantine.Dir+"/1-1-1"), 0o755))
	p := prepare(t, options(c, cache.Trash))
	if names(p.Remove) != quarantine.Dir+"/1-1-1" {
		t.Fatalf("goes: %s", names(p.Remove))
	}
	must(t, os.Rename(c.Extracted(pkg("a")), c.Path(quarantine.Dir+"/1-1-1/a-1.0-0")))
	r := removal.Execute(context.Background(), p, removal.Options{})
	if names(r.Spared) != quarantine.Dir+"/1-1-1" {
		t.Errorf("%+v", r)
	}
	if _, err := os.Lstat(c.Path(quarantine.Dir + "/1-1-1/a-1.0-0/lib/a.so")); err != nil {
		t.Error(err)
	}
}

// TestQuarantineHostile: nothing that leads out of the cache is followed or trusted.
func TestQuarantineHostile(t *testing.T) {
	fixture.NeedSymlinks(t)
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.MkdirAll(filepath.Join(outside, "a-1.0-0"), 0o755), os.WriteFile(filepath.Join(outside, "x"), []byte("x"), 0o644))
	before := contents(t, outside)
	for name, attack := range map[string]func(c *fixture.Cache, folder string) error{
		"the folder of the quarantine is a symlink": func(c *fixture.Cache, _ string) error {
			return errors.Join(os.Rename(c.Path(quarantine.Dir), filepath.Join(outside, "q")), os.Symlink(filepath.Join(outside, "q"), c.Path(quarantine.Dir)))
		},
		"a folder is a symlink": func(_ *fixture.Cache, folder string) error {
			return errors.Join(os.Rename(folder, folder+".moved"), os.Symlink(outside, folder), os.Remove(folder+".moved/"+quarantine.NoteName))
		},
		"the note is a symlink": func(_ *fixture.Cache, folder string) error {
			note := filepath.Join(folder, quarantine.NoteName)
			return errors.Join(os.Rename(note, filepath.Join(outside, "note")), os.Symlink(filepath.Join(outside, "note"), note))
		},
		"the entry's path leads above the cache": func(_ *fixture.Cache, folder string) error {
			return edit(folder, `"path": "a-1.0-0"`, `"path": "../a-1.0-0"`)
		},
		"the entry's path is below a symlink": func(c *fixture.Cache, folder string) error {
			return errors.Join(os.Symlink(outside, c.Path("link")), edit(folder, `"path": "a-1.0-0"`, `"path": "link/a-1.0-0"`), os.Remove(filepath.Join(outside, "a-1.0-0")))
		},
	} {
		c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
		must(t, c.AddExtracted(pkg("a")))
		o := options(c, cache.Packages)
		carryOut(t, aside(o, time.Now()))
		folders, err := filepath.Glob(c.Path(quarantine.Dir + "/*"))
		must(t, err, attack(c, folders[0]))
		list, _ := restore(t, o, nil)
		for _, r := range list {
			if r.Err == nil {
				t.Errorf("%s: %s was restored", name, r.Path)
			}
		}
		o.Now = func() time.Time { return time.Now().Add(2 * week) }
		removal.Execute(context.Background(), prepare(t, o), removal.Options{})
		for _, left := range []string{"q", "note"} {
			must(t, os.RemoveAll(filepath.Join(outside, left)))
		}
		must(t, os.MkdirAll(filepath.Join(outside, "a-1.0-0"), 0o755))
		if contents(t, outside) != before {
			t.Errorf("%s: the tree outside has changed", name)
		}
	}
}

// edit changes the note in a folder.
func edit(folder, from, to string) error {
	path := filepath.Join(folder, quarantine.NoteName)
	text, err := os.ReadFile(path)
	if err == nil && !strings.Contains(string(text), from) {
		err = fmt.Errorf("%s is not in %s", from, text)
	}
	return errors.Join(err, os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o644))
}

// TestQuarantineOfAnotherUser: another user's note is not trusted.
func TestQuarantineOfAnotherUser(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("a")))
	o := options(c, cache.Packages)
	carryOut(t, aside(o, time.Now()))
	notes, err := filepath.Glob(c.Path(quarantine.Dir + "/*/" + quarantine.NoteName))
	must(t, err, os.Lchown(notes[0], 12345, 12345))
	list, err := restore(t, o, nil)
	must(t, err)
	o.Now = func() time.Time { return time.Now().Add(2 * week) }
	p := prepare(t, o)
	if len(list) > 0 || len(p.Remove) > 0 || len(p.Problems) != 1 || p.Problems[0].Code != cache.CodeRefusedQuarantine || p.Failed() {
		t.Errorf("restored %v, goes %s, problems %v", list, names(p.Remove), p.Problems)
	}
}

// TestQuarantineTakesThePlannedMetadata: what took the place of rattler's metadata file
// since the plan was made stays where it is.
func TestQuarantineTakesThePlannedMetadata(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(path string) error{
		"file":   func(path string) error { return os.WriteFile(path, []byte("another"), 0o600) },
		"folder": func(path string) error { return os.Mkdir(path, 0o755) },
		"nobody": nil,
	} {
		l := homes(t, t.TempDir())["rattler"]
		must(t, l.Add(pkg("a")))
		o := at(l.Dir, cache.Packages)
		metadata := l.Extracted(pkg("a")) + ".lock"
		r := removal.Execute(context.Background(), prepare(t, aside(o, time.Now())), removal.Options{Before: func(op, path string) error {
			if op == "rename" && path == l.Extracted(pkg("a")) && replace != nil {
				must(t, os.Rename(metadata, metadata+".old"), replace(metadata))
			}
			return nil
		}})
		if len(r.Removed) != 1 || len(r.Failures) > 0 {
			t.Errorf("%s: removed %s, %+v", name, names(r.Removed), r.Failures)
		}
		if _, err := os.Lstat(metadata); (err == nil) != (replace != nil) {
			t.Errorf("%s: the metadata: %v", name, err)
		}
	}
}
