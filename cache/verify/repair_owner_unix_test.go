//go:build unix

package verify_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"gclean/cache"
	"gclean/cache/removal"
)

const user, other = 12345, 12346

// give gives everything below top to a user and group.
func give(t *testing.T, top string, id int) {
	t.Helper()
	must(t, filepath.WalkDir(top, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, id, id))
	}))
}

func ownerOf(t *testing.T, path string) uint32 {
	t.Helper()
	fi, err := os.Lstat(path)
	must(t, err)
	return fi.Sys().(*syscall.Stat_t).Uid
}

// Root repairs a user's package where the user cannot replace the files. Otherwise root
// might give away whatever the user put there.
func TestRepairForAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root repairs for others")
	}
	w := newWard(t, t.TempDir())
	give(t, w.c.Dir, user)
	given := false
	var mu sync.Mutex // several workers empty the old package
	r := repairPlan(t, verified(t, w.o)).Execute(context.Background(), removal.Options{Before: func(op, path string) error {
		mu.Lock()
		defer mu.Unlock()
		if given = given || op == "exchange"; given {
			return nil
		}
		tops, err := filepath.Glob(w.c.Path(".gclean-trash/new-*"))
		must(t, err)
		for _, top := range tops {
			fi, err := os.Lstat(top)
			must(t, err)
			if ownerOf(t, top) != 0 || fi.Mode().Perm() != 0o700 {
				t.Errorf("before %s of %s: the folder is %v, of %d", op, path, fi.Mode(), ownerOf(t, top))
			}
		}
		return nil
	}})
	if len(r.Repaired) != 1 || !given {
		t.Fatalf("%+v", r)
	}
	if got := modes(t, w.c.Extracted(w.p)); got != w.good {
		t.Errorf("repaired: %s\nwant %s", got, w.good)
	}
	must(t, filepath.WalkDir(w.c.Extracted(w.p), func(path string, _ fs.DirEntry, err error) error {
		if id := ownerOf(t, path); id != user {
			t.Errorf("%s is of %d", path, id)
		}
		return err
	}))
}

// Root extracts in the trash of the cache's owner, and in its own. If the trash belongs to
// anybody else, root makes another.
func TestRepairInAnotherUsersTrash(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root repairs for others")
	}
	for id, usable := range map[int]bool{0: true, user: true, other: false} {
		w := newWard(t, t.TempDir())
		give(t, w.c.Dir, user)
		must(t, w.c.AddFile(".gclean-trash/1-1/left", ""), os.Chmod(w.c.Path(".gclean-trash"), 0o755))
		give(t, w.c.Path(".gclean-trash"), id)
		var used atomic.Bool // many workers remove at a time
		r := repairPlan(t, verified(t, w.o)).Execute(context.Background(), removal.Options{Before: func(op, path string) error {
			in, _ := filepath.Rel(w.c.Path(".gclean-trash"), path)
			if op == "mkdir" && strings.HasPrefix(in, "new-") {
				used.Store(true)
			}
			return nil
		}})
		if len(r.Repaired) != 1 || used.Load() != usable {
			t.Errorf("trash of %d: used %v, %+v", id, used.Load(), r)
		}
		// Whoever owns it, it is emptied.
		o := w.o
		o.Targets = []cache.Category{cache.Trash}
		removal.Execute(context.Background(), prepare(t, o), removal.Options{})
		if _, err := os.Lstat(w.c.Path(".gclean-trash")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("trash of %d is left: %v", id, err)
		}
	}
}
