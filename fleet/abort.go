package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"gclean/cache/fence"
	"gclean/walk"
)

// Abort puts back everything that the round in a folder has fenced, and gives its caches
// back. It can be done again, and ends what a killed run has left. A round that has
// ended stays as it is.
func Abort(ctx context.Context, dir string, now time.Time, before fence.Before) (*Closed, error) {
	f, r, err := openRound(dir, false, before)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if r.End != nil {
		return f.ended(r), nil
	}
	c := &Closed{Round: r, Verdicts: make([]Verdict, len(r.Entries))}
	for i := range c.Verdicts {
		c.Verdicts[i].State = Goes
	}
	x := &closing{c: c, r: r, before: before, dirs: make([]*walk.Dir, len(r.Caches))}
	if err := x.abort(ctx); err != nil {
		return nil, err
	}
	return c, f.end(r, c, true, nil, now)
}

func (x *closing) abort(ctx context.Context) error {
	defer func() {
		for _, dir := range x.dirs {
			if dir != nil {
				dir.Close()
			}
		}
	}()
	for i := range x.r.Caches {
		dir, leased, err := x.r.leased(i, x.before)
		if err != nil {
			return err
		}
		if leased {
			x.dirs[i] = dir
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	x.findGone()
	x.restore(func(int) bool { return true })
	return x.drop()
}

// restoreAll puts back what a round has fenced that was never open.
func (r *Round) restoreAll(ctx context.Context, before fence.Before) error {
	c := &Closed{Round: r, Verdicts: make([]Verdict, len(r.Entries))}
	x := &closing{c: c, r: r, before: before, dirs: make([]*walk.Dir, len(r.Caches))}
	err := x.abort(ctx)
	for _, f := range c.Failures {
		err = errors.Join(err, f.Err)
	}
	return err
}

// ErrNoLease says that no round is open in a cache.
var ErrNoLease = errors.New("no round is open in this cache")

// AbortCache puts back what a round has fenced in one cache, for want of its folder. The
// cache itself says what that is, so whoever owns the cache has to be this user, or this
// user root.
func AbortCache(ctx context.Context, path string, before fence.Before) (*fence.Lease, error) {
	dir, err := walk.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if euid := os.Geteuid(); euid != 0 && int(dir.Stat().UID) != euid {
		return nil, fmt.Errorf("%s: it belongs to another user, who can end the round in it", path)
	}
	state, err := fence.Read(dir)
	switch {
	case err != nil:
		return nil, err
	case state == nil:
		return nil, fmt.Errorf("%s: %w", path, ErrNoLease)
	}
	for _, kind := range []fence.Kind{fence.Package, fence.Archive} {
		for i := range state.Items {
			if it := &state.Items[i]; it.Kind == kind {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				if _, err := fence.Restore(dir, it, before); err != nil {
					return nil, fmt.Errorf("%s: %w", it.Name, err)
				}
			}
		}
	}
	return &state.Lease, fence.Drop(dir, state.Lease.Nonce, before)
}
