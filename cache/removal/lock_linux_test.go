package removal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gclean/cache"
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
