package removal_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/walk"
)

// TestOwnLockFileIsOpenedOnce: a lock file that the run holds is not opened again while a
// new plan is made. On macOS and BSD, closing it again would release the lock.
func TestOwnLockFileIsOpenedOnce(t *testing.T) {
	v := newVictim(t, t.TempDir())
	must(t, v.c.AddFile("pkgs.lock", ""))
	p := prepare(t, options(v.c, cache.Locks))
	dir, err := walk.Open(v.c.Dir)
	must(t, err)
	defer dir.Close()
	lock, err := lockOwn(dir)
	must(t, err)
	watch, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	must(t, err)
	defer unix.Close(watch)
	_, err = unix.InotifyAddWatch(watch, v.c.Path("pkgs.lock"), unix.IN_CLOSE)
	must(t, err)
	r := removal.Execute(context.Background(), p, removal.Options{
		LockTimeout: time.Minute,
		Waiting:     func(string) { must(t, lock.Unlock()) }, // so that the plan is made again
		Before: func(op, path string) error {
			if op != "unlink" || path != v.c.Path("pkgs.lock") {
				return nil
			}
			if n, err := unix.Read(watch, make([]byte, 4096)); !errors.Is(err, unix.EAGAIN) {
				t.Errorf("it was closed while it was locked: %d bytes of events, %v", n, err)
			}
			return nil
		},
	})
	if got := names(r.Removed); got != "pkgs.lock" {
		t.Errorf("removed %q, %+v", got, r)
	}
}

// A package of rattler is in use while a process has its metadata file locked, whether the
// lock was there when the plan was made or came later.
func TestLockedPackageOfRattler(t *testing.T) {
	for _, target := range []cache.Category{cache.Packages, cache.PkgsDirs} {
		r := newRattlerCache(t, t.TempDir())
		must(t, r.Add(pkg("a")), r.Add(pkg("b")))
		o := at(r.Pkgs(), target)
		o.NothingRuns, o.System = false, func() hold.System { return hold.System{} }
		none := time.Duration(0)
		o.Grace = &none
		early := prepare(t, o)
		f, err := os.OpenFile(r.Extracted(pkg("a"))+".lock", os.O_RDWR, 0)
		must(t, err)
		must(t, unix.Flock(int(f.Fd()), unix.LOCK_SH))
		late := prepare(t, o)
		if got := keptNames(late); !strings.Contains(got, "a-1.0-0:lock_held") || strings.Contains(got, "b-1.0-0") {
			t.Errorf("%s: stays: %s", target, got)
		}
		result := removal.Execute(t.Context(), early, removal.Options{})
		if got := names(result.Spared); !strings.Contains(got, "a-1.0-0") || len(result.Failures) > 0 {
			t.Errorf("%s: spared: %s; failures %v", target, got, result.Failures)
		}
		if _, err := os.Stat(r.Extracted(pkg("b"))); !os.IsNotExist(err) {
			t.Errorf("%s: b: %v", target, err)
		}
		must(t, f.Close())
		if got := names(prepare(t, o).Remove); !strings.Contains(got, "a-1.0-0") {
			t.Errorf("%s: goes without the lock: %s", target, got)
		}
	}
}

// An index cache is in use while a process has one of the locks in it, by which tools keep
// others from an index that they download.
func TestLockedIndexCache(t *testing.T) {
	for _, name := range []string{"cache/cache.lock", "cache/shards/shards.lock", "cache/09cdf8bf.info.json"} {
		for _, target := range []cache.Category{cache.IndexCache, cache.PkgsDirs} {
			c := newCache(t, t.TempDir())
			must(t, c.AddFile("cache/09cdf8bf.json", "{}"), c.AddFile(name, ""))
			o := options(c, target)
			o.NothingRuns, o.System = false, func() hold.System { return hold.System{} }
			none := time.Duration(0)
			o.Grace = &none
			early := prepare(t, o)
			f, err := os.OpenFile(c.Path(name), os.O_RDWR, 0)
			must(t, err)
			must(t, unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}))
			if got := keptNames(prepare(t, o)); got != "cache:lock_held" {
				t.Errorf("%s, %s: stays: %s", name, target, got)
			}
			result := removal.Execute(t.Context(), early, removal.Options{})
			if got := names(result.Spared); !strings.Contains(got, "cache") || len(result.Failures) > 0 {
				t.Errorf("%s, %s: spared: %s; failures %v", name, target, got, result.Failures)
			}
			must(t, f.Close())
			if got := names(prepare(t, o).Remove); !strings.Contains(got, "cache") {
				t.Errorf("%s, %s: goes without the lock: %s", name, target, got)
			}
		}
	}
}
