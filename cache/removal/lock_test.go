package removal_test

import (
	"context"
	"path/filepath"
	"testing"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/walk"
)

func TestLocks(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddFile("pkgs.lock", ""), c.AddFile("cache/1234.lock", ""), c.AddFile("other.lock", ""))
	hold := func(name string) {
		dir, err := walk.Open(filepath.Dir(c.Path(name)))
		must(t, err)
		t.Cleanup(func() { dir.Close() })
		lock, err := dir.LockFile(filepath.Base(name), walk.Flock, false)
		must(t, err)
		t.Cleanup(func() { lock.Unlock() })
	}
	o := options(c, cache.Locks)
	p := prepare(t, o)
	if got, want := names(p.Remove), "cache/1234.lock pkgs.lock"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
	// A process takes the lock while the question is on the screen.
	hold("cache/1234.lock")
	if r := removal.Execute(context.Background(), p, removal.Options{}); names(r.Removed) != "pkgs.lock" || len(r.Failures) != 1 {
		t.Errorf("%+v", r)
	}
	if got := keptNames(prepare(t, o)); got != "cache/1234.lock:lock_held" {
		t.Errorf("stays: %s", got)
	}
}
