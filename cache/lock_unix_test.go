//go:build unix

package cache_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"gclean/cache"
)

func TestLocks(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddFile("pkgs.lock", ""), c.AddFile("cache/1234.lock", ""), c.AddFile("other.lock", ""))
	hold := func(name string) {
		f, err := os.OpenFile(c.Path(name), os.O_RDWR, 0)
		must(t, err)
		t.Cleanup(func() { f.Close() })
		must(t, unix.Flock(int(f.Fd()), unix.LOCK_EX))
	}
	o := options(c, cache.Locks)
	p := prepare(t, o)
	if got, want := names(p.Remove), "cache/1234.lock pkgs.lock"; got != want {
		t.Errorf("goes: %s, want %s", got, want)
	}
	// Somebody takes the lock while the question is on the screen.
	hold("cache/1234.lock")
	if r := p.Execute(context.Background(), cache.RemoveOptions{}); names(r.Removed) != "pkgs.lock" || len(r.Failures) != 1 {
		t.Errorf("%+v", r)
	}
	if got := keptNames(prepare(t, o)); got != "cache/1234.lock:5" {
		t.Errorf("stays: %s", got)
	}
}
