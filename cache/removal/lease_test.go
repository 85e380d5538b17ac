//go:build unix

package removal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/walk"
	"gclean/walk/lease"
)

// TestLeaseOfAnotherHost: on a network file system, the lease of another host's run keeps
// this run out, although no lock does.
func TestLeaseOfAnotherHost(t *testing.T) {
	for _, network := range []bool{true, false} {
		c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
		must(t, c.AddExtracted(pkg("a")))
		o := onNetwork(c, cache.Packages)
		if !network {
			o = options(c, cache.Packages)
		}
		dir, err := walk.Open(c.Dir)
		must(t, err)
		defer dir.Close()
		held, err := lease.Take(dir, cache.OwnLease, lease.Holder{Host: "b", Boot: "another", PID: 412}, nil)
		must(t, err)
		before := tree(t, c.Dir)
		r := removal.Execute(context.Background(), prepare(t, o), removal.Options{})
		if !network {
			if names(r.Removed) != "a-1.0-0" {
				t.Errorf("%+v", r)
			}
			continue
		}
		e, timeout := (*lease.HeldError)(nil), (*removal.LockTimeoutError)(nil)
		if len(r.Failures) != 1 || !errors.As(r.Failures[0].Err, &e) || !errors.As(r.Failures[0].Err, &timeout) || e.Holder.PID != 412 {
			t.Fatalf("%+v", r)
		}
		if after := tree(t, c.Dir); after != before {
			t.Errorf("%s\nwas\n%s", after, before)
		}
		waited := ""
		r = removal.Execute(context.Background(), prepare(t, o), removal.Options{LockTimeout: time.Minute, Waiting: func(path string) {
			waited = path
			must(t, held.Unlock())
		}})
		if waited != c.Path(cache.OwnLease) || names(r.Removed) != "a-1.0-0" {
			t.Errorf("waited for %q, %+v", waited, r)
		}
		if _, err := os.Lstat(c.Path(cache.OwnLease)); err == nil {
			t.Error("the lease stays")
		}
	}
}

// TestLeaseLeftovers: the next run removes what killed runs left.
func TestLeaseLeftovers(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	left := cache.OwnLease + ".ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	must(t, c.AddExtracted(pkg("a")), c.AddFile(left, "{}"), c.AddFile(cache.OwnLease+".txt", ""))
	p := prepare(t, onNetwork(c, cache.Packages))
	if r := removal.Execute(context.Background(), p, removal.Options{}); names(r.Removed) != "a-1.0-0" {
		t.Fatalf("%+v", r)
	}
	if _, err := os.Lstat(c.Path(left)); err == nil {
		t.Error("it stays")
	}
	if _, err := os.Lstat(c.Path(cache.OwnLease + ".txt")); err != nil {
		t.Error(err)
	}
}

// TestForceWaitsForLease: -f does not remove another host's lease with the cache.
func TestForceWaitsForLease(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("a")))
	dir, err := walk.Open(c.Dir)
	must(t, err)
	defer dir.Close()
	held, err := lease.Take(dir, cache.OwnLease, lease.Holder{Host: "b"}, nil)
	must(t, err)
	o := onNetwork(c, cache.PkgsDirs)
	r := removal.Execute(context.Background(), prepare(t, o), removal.Options{LockTimeout: time.Minute, Again: o.Again, Waiting: func(string) { must(t, held.Unlock()) }})
	if _, err := os.Lstat(c.Dir); err == nil || len(r.Failures) > 0 {
		t.Errorf("%v, %+v", err, r)
	}
}
