package fleet

import (
	"errors"
	"fmt"

	"gclean/cache/fence"
	"gclean/walk"
	"gclean/walk/fresh"
)

// leased opens a cache of the round, and says whether it is one still: a run that was
// killed may have ended the round in it.
func (r *Round) leased(number int, before fence.Before) (*walk.Dir, bool, error) {
	c := r.Caches[number]
	fresh.Look(c.Path)
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
