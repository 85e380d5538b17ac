package removal

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"gclean/cache"
	"gclean/walk"
)

// rounds removes the entries of one folder. One round is enough, unless the disk is full.
// Then entries that need room wait for another round, after others have made some. Entries
// need room for a trash, or for a name in it.
type rounds struct {
	x       *execution
	g       *group
	held    *Locks
	trash   *Trash
	at      *staging
	marking []*cache.Entry               // marks of the cache, removed at the end
	staged  map[*cache.Entry]walk.Target // folders that are in the trash
	aside   *walk.Dir                    // the folder of the quarantine, nil until needed
}

func newRounds(x *execution, g *group, dir *walk.Dir, held *Locks) *rounds {
	trash := NewTrash(dir, x.o.Before)
	trash.adopt(g.entries)
	at := &staging{x: x, dir: dir, trash: trash, locked: held.files, subs: map[string]*walk.Dir{}, used: map[*walk.Dir]bool{}, network: g.loc.Network}
	return &rounds{x: x, g: g, held: held, trash: trash, at: at, staged: map[*cache.Entry]walk.Target{}}
}

// run removes what it can.
func (r *rounds) run(ctx context.Context) {
	entries := r.g.entries
	for len(entries) > 0 && ctx.Err() == nil {
		left := r.round(ctx, entries)
		if len(left) > 0 && len(left) == len(entries) {
			r.inPlace(ctx, left[0])
			left = left[1:]
		}
		if entries = left; len(entries) > 0 {
			entries = r.lockAgain(ctx, entries)
		}
	}
	r.at.close()
	if r.aside != nil {
		r.aside.Close()
	}
	if r.g.isCache {
		r.x.emptyFolders(r.at.dir, r.g.entries)
	}
	r.trash.Close()
	r.dropTrashes()
	if r.g.isCache {
		r.x.dropQuarantine(r.at.dir, r.g.entries)
	}
}

// round removes entries, and returns those that there was no room for.
func (r *rounds) round(ctx context.Context, entries []*cache.Entry) []*cache.Entry {
	full := map[*cache.Entry]bool{}
	var moved []*cache.Entry
	r.at.full = false
	linked := r.lookAgain(ctx, entries)
	for _, e := range entries {
		if ctx.Err() != nil {
			break
		}
		if _, ok := r.staged[e]; ok {
			moved = append(moved, e)
			continue
		}
		// The new plan keeps a lock file that this run holds, because it is locked.
		own := e.Category == cache.Locks && r.held.files[e.Name]
		if r.x.checked && !own && !r.x.goes[e.Path()] || r.x.o.Still != nil && !r.x.o.Still(ctx, r.at.dir, e) {
			r.x.spare(e)
			continue
		}
		if linked[e] {
			r.x.spare(e)
			continue
		}
		if e.IsMark() {
			r.marking = append(r.marking, e)
			continue
		}
		if e.Aside() {
			r.end(e, r.putAside(e))
			continue
		}
		t, direct, err := r.at.stage(e)
		switch {
		case walk.IsFull(err):
			full[e] = true
		case !direct && err == nil:
			r.staged[e] = t
			moved = append(moved, e)
		default:
			r.end(e, err)
		}
	}
	for _, e := range r.empty(ctx, moved) {
		full[e] = true
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e *cache.Entry) bool { return !full[e] })
}

// inPlace removes an entry without a trash.
func (r *rounds) inPlace(ctx context.Context, e *cache.Entry) {
	if _, ok := r.staged[e]; !ok {
		t, direct, err := r.at.stageInPlace(e)
		if direct || err != nil {
			r.end(e, err)
			return
		}
		r.staged[e] = t
	}
	r.remove(ctx, []*cache.Entry{e}, r.x.done)
}

// end notes the outcome for e.
func (r *rounds) end(e *cache.Entry, err error) {
	if errors.Is(err, errSpared) {
		r.x.spare(e)
		return
	}
	r.x.done(e, err)
}

// empty removes the folders of staged entries, and returns those that there was no room
// for: some file systems need room to remove a name.
func (r *rounds) empty(ctx context.Context, entries []*cache.Entry) (full []*cache.Entry) {
	var mu sync.Mutex
	r.remove(ctx, entries, func(e *cache.Entry, err error) {
		if walk.IsFull(err) {
			mu.Lock()
			defer mu.Unlock()
			full = append(full, e)
			return
		}
		r.x.done(e, err)
	})
	return full
}

func (r *rounds) remove(ctx context.Context, entries []*cache.Entry, done func(e *cache.Entry, err error)) {
	var targets []walk.Target
	for _, e := range entries {
		targets = append(targets, r.staged[e])
	}
	walk.Remove(ctx, targets, walk.RemoveOptions{
		Jobs:    r.x.o.Jobs,
		Spill:   r.trash.dir,
		Before:  r.x.o.Before,
		Removed: r.x.o.Progress,
		Done: func(i int, err error) {
			if err == nil {
				r.trash.unmark(entries[i])
				if targets[i].Dir != r.trash.dir { // it was removed in place
					r.x.companions(targets[i].Dir, entries[i])
				}
			}
			done(entries[i], err)
		},
	})
}

// lockAgain takes the locks that there was no room for before. It returns the entries that
// are still to be removed: none if another process now holds a lock.
func (r *rounds) lockAgain(ctx context.Context, entries []*cache.Entry) []*cache.Entry {
	if len(r.held.full) == 0 {
		return entries
	}
	waited, err := r.held.Again(ctx)
	if err == nil && waited {
		err = r.x.recheck(ctx, true, r.g.loc.Network)
	}
	if err != nil {
		r.x.giveUp(entries, err)
		return nil
	}
	return entries
}

// dropTrashes removes the trashes of earlier runs that are empty now.
func (r *rounds) dropTrashes() {
	dropped := map[string]bool{}
	for _, e := range r.g.entries {
		name, _, inside := strings.Cut(e.Name, "/")
		if inside && cache.IsOwnTrash(name) && !dropped[name] {
			dropped[name] = true
			r.trash.drop(name)
		}
	}
}
