package removal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/quarantine"
	"gclean/cache/removal"
	"gclean/walk"
)

// TestRestoreIsWhole: in every layout, a restored entry and its companions are what they
// were: contents, modes and times.
func TestRestoreIsWhole(t *testing.T) {
	for name, l := range homes(t, t.TempDir()) {
		must(t, l.Add(pkg("a")), l.Add(pkg("b")))
		readOnly := filepath.Join(l.Extracted(pkg("a")), "lib")
		old := time.Date(2020, 2, 3, 4, 5, 6, 7000, time.UTC)
		must(t, os.Chtimes(filepath.Join(readOnly, "a.so"), old, old), os.Chmod(readOnly, 0o555), os.Chtimes(l.Extracted(pkg("a")), old, old), os.Chmod(l.Extracted(pkg("a")), 0o555))
		t.Cleanup(func() { _ = errors.Join(os.Chmod(l.Extracted(pkg("a")), 0o755), os.Chmod(readOnly, 0o755)) })
		before := whole(t, l.Dir)
		o := at(l.Dir, cache.Tarballs, cache.Packages)
		carryOut(t, aside(o, time.Now()))
		if got := inQuarantine(t, o); !strings.Contains(got, l.Name(pkg("a"))) {
			t.Errorf("%s: in quarantine: %s", name, got)
		}
		for _, p := range []string{"a", "b"} {
			if _, err := os.Lstat(l.Extracted(pkg(p))); err == nil {
				t.Errorf("%s: %s is in sight", name, p)
			}
		}
		// Nothing that the entries need is removed meanwhile.
		carryOut(t, at(l.Dir, cache.All()...))
		list, err := restore(t, o, nil)
		must(t, err)
		for _, r := range list {
			must(t, r.Err)
		}
		if after := whole(t, l.Dir); after != before {
			t.Errorf("%s: restored\n%s", name, differ(before, after))
		}
	}
}

// killing stops a run before its change number stop; n counts the changes.
func killing(stop int, n *int) func(string, string) error {
	return func(string, string) error {
		if *n++; *n >= stop {
			return errors.New("killed")
		}
		return nil
	}
}

// TestQuarantineKilledAnywhere kills a run that sets entries aside, before each change in
// turn. Every entry must be whole, in its place or in quarantine. Then the next run
// continues, or restoring brings everything back.
func TestQuarantineKilledAnywhere(t *testing.T) {
	t.Parallel()
	for _, family := range []string{"conda", "mamba", "rattler"} {
		for stop := 1; ; stop += stride() {
			l := homes(t, t.TempDir())[family]
			must(t, l.Add(pkg("a")), l.Add(pkg("b")))
			before := whole(t, l.Dir)
			o := at(l.Dir, cache.Tarballs, cache.Packages)
			n, when := 0, fmt.Sprintf("%s killed at step %d", family, stop)
			removal.Execute(context.Background(), prepare(t, aside(o, time.Now())), removal.Options{Jobs: 1, Before: killing(stop, &n)})
			if n < stop {
				if n < 8 {
					t.Errorf("%s: only %d steps were seen", family, n)
				}
				break
			}
			if stop%2 == 0 { // the next run continues
				carryOut(t, aside(o, time.Now()))
				for _, p := range []string{"a", "b"} {
					if _, err := os.Lstat(l.Extracted(pkg(p))); err == nil {
						t.Errorf("%s: %s is in sight after the next run", when, p)
					}
				}
			}
			list, err := restore(t, o, nil)
			must(t, err)
			for _, r := range list {
				must(t, r.Err)
			}
			carryOut(t, at(l.Dir, cache.Trash)) // folders that remained empty
			if after := whole(t, l.Dir); after != before {
				t.Errorf("%s: restored\n%s", when, differ(before, after))
			}
		}
	}
}

// TestRestoreKilledAnywhere kills a restore before each change in turn. The next one
// continues.
func TestRestoreKilledAnywhere(t *testing.T) {
	t.Parallel()
	for _, family := range []string{"conda", "mamba", "rattler"} {
		for stop := 1; ; stop += stride() {
			l := homes(t, t.TempDir())[family]
			must(t, l.Add(pkg("a")), l.Add(pkg("b")))
			before := whole(t, l.Dir)
			o := at(l.Dir, cache.Tarballs, cache.Packages)
			carryOut(t, aside(o, time.Now()))
			n, when := 0, fmt.Sprintf("%s killed at step %d", family, stop)
			_, _ = restore(t, o, killing(stop, &n))
			if n < stop {
				if n < 5 {
					t.Errorf("%s: only %d steps were seen", family, n)
				}
				break
			}
			list, err := restore(t, o, nil)
			must(t, err)
			for _, r := range list {
				must(t, r.Err)
			}
			carryOut(t, at(l.Dir, cache.Trash))
			if after := whole(t, l.Dir); after != before {
				t.Errorf("%s: restored\n%s", when, differ(before, after))
			}
		}
	}
}

// TestQuarantineEndKilledAnywhere kills a run that removes quarantined entries, before each
// change in turn. What can still be restored must be whole, and the next run removes the
// rest.
func TestQuarantineEndKilledAnywhere(t *testing.T) {
	t.Parallel()
	for stop := 1; ; stop += 2*stride() - 1 {
		c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
		must(t, c.Add(pkg("a")))
		was := map[string]string{"a-1.0-0": whole(t, c.Extracted(pkg("a"))), "a-1.0-0.conda": whole(t, c.Path("a-1.0-0.conda"))}
		o := options(c, cache.Tarballs, cache.Packages)
		carryOut(t, aside(o, time.Now()))
		o.Now = func() time.Time { return time.Now().Add(2 * week) }
		n, when := 0, fmt.Sprintf("killed at step %d", stop)
		removal.Execute(context.Background(), prepare(t, o), removal.Options{Jobs: 1, Before: killing(stop, &n)})
		if n < stop {
			break
		}
		list, err := restore(t, o, nil)
		must(t, err)
		for _, r := range list {
			must(t, r.Err)
			if got := whole(t, r.Path); got != was[filepath.Base(r.Path)] {
				t.Errorf("%s: %s is restored as\n%s", when, r.Path, got)
			}
		}
		carryOut(t, o)
		if got := tree(t, c.Dir); strings.Contains(got, quarantine.Dir) || strings.Contains(got, "-1.0-0") {
			t.Errorf("%s: the next run leaves %s", when, got)
		}
	}
}

// TestRestoreOverwritesNothing: a package of the same name has been installed meanwhile.
func TestRestoreOverwritesNothing(t *testing.T) {
	for name, l := range homes(t, t.TempDir()) {
		must(t, l.Add(pkg("a")))
		o := at(l.Dir, cache.Tarballs, cache.Packages)
		now := time.Now()
		carryOut(t, aside(o, now))
		kept := inQuarantine(t, o)
		must(t, l.Add(pkg("a")), os.WriteFile(filepath.Join(l.Extracted(pkg("a")), "lib", "a.so"), []byte("newer"), 0o644))
		newer := whole(t, l.Extracted(pkg("a")))
		list, err := restore(t, o, nil)
		must(t, err)
		if len(list) == 0 {
			t.Errorf("%s: nothing is told", name)
		}
		for _, r := range list {
			if !errors.As(r.Err, new(*removal.OccupiedError)) {
				t.Errorf("%s: %s: %v", name, r.Path, r.Err)
			}
		}
		if got := inQuarantine(t, o); got != kept {
			t.Errorf("%s: in quarantine: %s, was %s", name, got, kept)
		}
		if whole(t, l.Extracted(pkg("a"))) != newer {
			t.Errorf("%s: the newer package has changed", name)
		}
		// The newer one is set aside too, and is the one that is restored.
		carryOut(t, aside(o, now.Add(time.Hour)))
		_, err = restore(t, o, nil)
		must(t, err)
		if whole(t, l.Extracted(pkg("a"))) != newer {
			t.Errorf("%s: the older package was restored", name)
		}
		if got := inQuarantine(t, o); got != kept {
			t.Errorf("%s: in quarantine: %s, was %s", name, got, kept)
		}
	}
}

// TestRestoreWaitsForTheLock: restoring locks the cache, as cleaning does.
func TestRestoreWaitsForTheLock(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("a")))
	o := options(c, cache.Packages)
	carryOut(t, aside(o, time.Now()))
	dir, err := walk.Open(c.Dir)
	must(t, err)
	defer dir.Close()
	lock, err := dir.LockFile("pkgs.lock", walk.Fcntl, true)
	must(t, err)
	if list, err := restore(t, o, nil); len(list) > 0 || !errors.Is(err, walk.ErrLocked) {
		t.Errorf("%v, %v", list, err)
	}
	must(t, lock.Unlock())
	if list, err := restore(t, o, nil); len(list) != 1 || err != nil {
		t.Errorf("%v, %v", list, err)
	}
}
