package removal_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"testing"

	"gclean/cache"
	"gclean/cache/removal"
)

// needsRoom reports whether a change creates something new.
func needsRoom(op string) bool { return slices.Contains([]string{"mkdir", "create", "rename"}, op) }

// fullDisk is a Before for a disk on which nothing can be created.
func fullDisk(op, _ string) error {
	if needsRoom(op) {
		return syscall.ENOSPC
	}
	return nil
}

// A step that fails because the disk is full is tried again or skipped, and everything is
// removed.
func TestFullAtAnyStep(t *testing.T) {
	t.Parallel()
	for _, family := range []string{"conda", "mamba", "rattler", "rattler origin"} {
		for step := 1; ; step += stride() {
			c := homes(t, t.TempDir())[family]
			must(t, c.Add(pkg("a")), c.Add(pkg("b")))
			p := prepare(t, at(c.Dir, cache.All()...))
			n := 0
			r := removal.Execute(context.Background(), p, removal.Options{Jobs: 1, Before: func(string, string) error {
				if n++; n == step {
					return syscall.ENOSPC
				}
				return nil
			}})
			if n < step {
				break
			}
			if len(r.Failures) > 0 || len(r.Removed) != len(p.Remove) {
				t.Errorf("%s, step %d: %d of %d removed, %+v", family, step, len(r.Removed), len(p.Remove), r.Failures)
			}
		}
	}
}

func TestNothingCanBeCreated(t *testing.T) {
	for _, family := range []string{"conda", "mamba", "rattler", "rattler origin"} {
		c := homes(t, t.TempDir())[family]
		must(t, c.Add(pkg("a")), c.Add(pkg("b")))
		o := at(c.Dir, cache.All()...)
		p := prepare(t, o)
		r := removal.Execute(context.Background(), p, removal.Options{Before: fullDisk})
		if len(r.Failures) > 0 || len(r.Removed) != len(p.Remove) || len(p.Remove) < 2 {
			t.Errorf("%s: %d of %d removed, %+v", family, len(r.Removed), len(p.Remove), r.Failures)
		}
		if left := prepare(t, o); len(left.Remove) > 0 {
			t.Errorf("%s: left %s", family, names(left.Remove))
		}
	}
}

// Each target alone can be cleaned on a full disk.
func TestNothingCanBeCreatedForOneTarget(t *testing.T) {
	for _, target := range append(cache.All(), cache.Locks, cache.PkgsDirs) {
		c := newCache(t, t.TempDir())
		must(t, c.Add(pkg("a")), c.Add(pkg("b")), c.AddLog("x.log"), c.AddFile("cache/1.json", "{}"), c.AddFile("cache/1.json.lock", ""),
			c.AddFile(".gclean-trash/1-1/x", ""), c.AddFile(".gclean-trash-1-1/1-1/x", ""), c.AddFile("tmp/x.c~", ""))
		o := options(c, target)
		o.TempPaths = []string{c.Path("tmp")}
		p := prepare(t, o)
		r := removal.Execute(context.Background(), p, removal.Options{Before: fullDisk})
		if len(r.Failures) > 0 || len(r.Removed) != len(p.Remove) || len(p.Remove) == 0 {
			t.Errorf("%v: %d of %d removed, %+v", target, len(r.Removed), len(p.Remove), r.Failures)
		}
		for _, name := range []string{".gclean-trash", ".gclean-trash-1-1"} {
			if _, err := os.Lstat(c.Path(name)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v: %s is left: %v", target, name, err)
			}
		}
	}
}

// As soon as there is room, folders are moved to a trash again.
func TestRoomIsUsedWhenFree(t *testing.T) {
	c := newCache(t, t.TempDir())
	must(t, c.Add(pkg("a")), c.AddExtracted(pkg("b")))
	var did []string
	full := true
	p := prepare(t, options(c, cache.Tarballs, cache.Packages))
	r := removal.Execute(context.Background(), p, removal.Options{Jobs: 1, Before: func(op, path string) error {
		if op == "unlink" && path == c.Path("a-1.0-0.conda") {
			full = false
		}
		if full && needsRoom(op) {
			return syscall.ENOSPC
		}
		if op == "rename" || op == "create" {
			did = append(did, op+" "+path[len(c.Dir)+1:])
		}
		return nil
	}})
	if len(r.Failures) > 0 || len(r.Removed) != 3 {
		t.Errorf("%+v", r)
	}
	if want := []string{"rename a-1.0-0", "rename b-1.0-0"}; !slices.Equal(did, want) {
		t.Errorf("did %q, want %q", did, want)
	}
}

// Locks for which there was no room are taken when there is. If mamba has locked the cache
// meanwhile, the run waits.
func TestLockIsTakenWhenRoomIsFree(t *testing.T) {
	c := newCache(t, t.TempDir()+"/pkgs")
	must(t, c.AddArchive(pkg("a")), c.AddExtracted(pkg("b")))
	full := true
	made := 0
	p := prepare(t, options(c, cache.Tarballs, cache.Packages))
	r := removal.Execute(context.Background(), p, removal.Options{Jobs: 1, Before: func(op, path string) error {
		switch {
		case op == "unlink" && path == c.Path("a-1.0-0.conda"):
			full = false
		case full && needsRoom(op):
			return syscall.ENOSPC
		case op == "create" && path == c.Path("pkgs.lock"):
			made++
		case op == "mkdir" && made == 0:
			return syscall.ENOSPC
		}
		return nil
	}})
	if len(r.Failures) > 0 || len(r.Removed) != 2 || made != 1 {
		t.Errorf("made %d times, %+v", made, r)
	}
}

func TestKilledAnywhereOnAFullDisk(t *testing.T) {
	t.Parallel()
	killed := errors.New("killed")
	for stop := 1; ; stop += stride() {
		v := newVictim(t, t.TempDir())
		when := fmt.Sprintf("killed at step %d", stop)
		before := contents(t, v.env.Prefix)
		n := 0
		removal.Execute(context.Background(), prepare(t, v.options(t)), removal.Options{Jobs: 1, Before: func(op, path string) error {
			if n++; n >= stop {
				return killed
			}
			return fullDisk(op, path)
		}})
		if n < stop {
			break
		}
		v.checkWhole(t, when)
		r := removal.Execute(context.Background(), prepare(t, v.options(t)), removal.Options{Before: fullDisk})
		if len(r.Failures) > 0 || len(r.Spared) > 0 {
			t.Errorf("%s: second run: %+v", when, r)
		}
		if left := prepare(t, v.options(t)); len(left.Remove) > 0 {
			t.Errorf("%s: a second run leaves %s", when, names(left.Remove))
		}
		if after := contents(t, v.env.Prefix); after != before {
			t.Errorf("%s: the environment has changed", when)
		}
	}
}
