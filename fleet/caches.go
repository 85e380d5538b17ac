package fleet

import (
	"context"
	"errors"
	"fmt"

	"gclean/cache/fence"
	"gclean/walk"
)

// leased opens a cache, and says whether it is still in the round. A run that was killed
// may have ended the round in it.
func (r *Round) leased(number int, before fence.Before) (*walk.Dir, bool, error) {
	c := r.Caches[number]
	dir, err := walk.Open(c.Path)
	if err != nil {
		return nil, false, err
	}
	if dir.ID().Ino != c.Ino {
		dir.Close()
		return nil, false, fmt.Errorf("%s: it is not the cache that the round was opened in; is it mounted?", c.Path)
	}
	l, err := fence.ReadLease(dir)
	if err != nil || l == nil || l.Nonce != r.leaseNonce(number) {
		defer dir.Close()
		if err == nil {
			err = fence.Forget(dir, r.leaseNonce(number), before)
		}
		return nil, false, err
	}
	return dir, true, nil
}

// findGone notes what a run has removed that was killed.
func (x *closing) findGone() {
	for i := range x.r.Entries {
		e := &x.r.Entries[i]
		if dir := x.dirs[e.Cache]; (dir == nil || fence.Gone(dir, &e.Item)) && x.c.Verdicts[i].State == Goes {
			x.c.Verdicts[i].State = Removed
			if dir == nil && !x.isGone(e) {
				x.c.Verdicts[i].State = Restored
			}
		}
	}
}

// isGone is findGone in a cache in which the round has ended.
func (x *closing) isGone(e *Entry) bool {
	dir, err := walk.Open(x.r.Caches[e.Cache].Path)
	if err != nil {
		return false
	}
	defer dir.Close()
	return fence.Gone(dir, &e.Item)
}

// drop gives the caches back in which nothing is aside.
func (x *closing) drop() error {
	for number, dir := range x.dirs {
		if dir == nil {
			continue
		}
		switch err := fence.Drop(dir, x.r.leaseNonce(number), x.before); {
		case errors.Is(err, fence.ErrAside) && len(x.c.Failures) > 0: // told
			x.c.Left = true
		case err != nil:
			return err
		}
	}
	return nil
}

// look asks the server of a network file system about a folder and everything in it, past
// what this host remembers. Otherwise, this host may not see a hard link of another host
// for up to a minute.
func look(ctx context.Context, dir *walk.Dir, name string) error {
	if _, err := dir.Look(name); err != nil {
		return err
	}
	sub, err := dir.OpenDir(name)
	if err != nil {
		return err
	}
	defer sub.Close()
	items, err := sub.ReadDir()
	if err != nil {
		return err
	}
	for _, it := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		if it.IsDir() {
			err = look(ctx, sub, it.Name)
		} else {
			_, err = sub.Look(it.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
