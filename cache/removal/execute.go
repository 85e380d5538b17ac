package removal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gclean/cache"
	"gclean/meta"
	"gclean/walk"
)

// staleAfter is the age from which a plan is made anew before it is carried
// out: somebody may have thought about the question for long, or the caches
// before were large. Where making it takes long, it is made anew for a tenth of
// the time at most.
const (
	staleAfter = 2 * time.Second
	lookingPer = 10
)

// Execute carries the plan out. Entries are independent: what fails does not
// stop the others. A folder is renamed into the cache's trash first and
// emptied there, so that no half package is ever left to be taken for whole.
//
// Each cache is locked while it is changed. If a lock had to be waited for, or
// the plan is not fresh, entries are looked at once more, and those that are held by
// now are spared.
func Execute(ctx context.Context, p *cache.Plan, o Options) *Result {
	x := &execution{plan: p, o: o, own: map[walk.ID]bool{}, marked: map[string]bool{}, newest: p, looked: p.Made, stale: staleAfter, result: &Result{}}
	for _, group := range groups(p) {
		x.group(ctx, group)
	}
	x.rememberRest(ctx)
	x.result.Err = ctx.Err()
	return x.result
}

// group is the entries of one folder, in the order of the plan.
type group struct {
	dir     string
	loc     cache.Location // of a cache
	isCache bool
	entries []*cache.Entry
}

func groups(p *cache.Plan) []*group {
	var list []*group
	index := map[string]*group{}
	caches := map[string]cache.Location{}
	for _, loc := range p.Caches {
		caches[loc.Path] = loc
	}
	for _, e := range p.Remove {
		g := index[e.Dir]
		if g == nil {
			loc, isCache := caches[e.Dir]
			if e.Category == cache.TempFiles || strings.HasSuffix(e.Name, ".mamba_trash") {
				isCache = false // the folder that was searched may be a cache as well
			}
			g = &group{dir: e.Dir, loc: loc, isCache: isCache}
			index[e.Dir] = g
			list = append(list, g)
		}
		g.entries = append(g.entries, e)
	}
	return list
}

// execution carries a plan out.
type execution struct {
	plan    *cache.Plan
	o       Options
	own     map[walk.ID]bool // lock files that the run holds itself
	newest  *cache.Plan      // the plan, or the newest that was made in its place
	marked  map[string]bool  // caches whose marks were seen to
	looked  time.Time        // when the plan was made, or made anew
	stale   time.Duration    // how long after that it is made anew
	checked bool             // the plan was made anew
	goes    map[string]bool  // by path: what goes by the new plan too
	mu      sync.Mutex
	result  *Result
}

func (x *execution) done(e *cache.Entry, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case err == nil:
		x.result.Removed = append(x.result.Removed, e)
	case err == errGone:
		x.result.Gone = append(x.result.Gone, e)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return // neither gone nor failed; the run says that it was interrupted
	default:
		x.result.Failures = append(x.result.Failures, Failure{Entry: e, Err: walk.Advise(err)})
	}
	if x.o.Done != nil {
		x.o.Done(e, err)
	}
}

func (x *execution) now() time.Time {
	if x.o.Now == nil {
		return time.Now()
	}
	return x.o.Now()
}

func (x *execution) before(op, path string) error {
	if x.o.Before == nil {
		return nil
	}
	return x.o.Before(op, path)
}

func (x *execution) group(ctx context.Context, g *group) {
	dir, err := walk.Open(g.dir)
	if err == nil {
		defer dir.Close()
		if g.isCache && dir.ID() != g.loc.ID {
			err = fmt.Errorf("%s: %w", g.dir, walk.ErrChanged)
		}
	}
	waited := false
	held := &Locks{}
	defer func() { held.Unlock() }()
	if err == nil && g.isCache {
		held, waited, err = Lock(ctx, dir, g.loc.Family, x.o.LockTimeout, x.o.Waiting, x.own)
	}
	if err == nil {
		err = x.recheck(ctx, waited)
	}
	if err != nil {
		for _, e := range g.entries {
			x.done(e, err)
		}
		return
	}
	trash := NewTrash(dir, x.o.Before)
	trash.adopt(g.entries)
	at := &staging{x: x, dir: dir, trash: trash, locked: held.files, subs: map[string]*walk.Dir{}, used: map[*walk.Dir]bool{}}
	defer at.close()
	var targets []walk.Target
	var moved []*cache.Entry
	var marking []*cache.Entry
	for _, e := range g.entries {
		if ctx.Err() != nil {
			break
		}
		// A lock file that this run holds itself is locked by the new plan.
		own := e.Category == cache.Locks && held.files[e.Name]
		if x.checked && !own && !x.goes[e.Path()] || x.o.Still != nil && !x.o.Still(ctx, dir, e) {
			x.spare(e)
			continue
		}
		if e.IsMark() {
			marking = append(marking, e)
			continue
		}
		t, direct, err := at.stage(e)
		switch {
		case err == errSpared:
			x.spare(e)
		case err != nil:
			x.done(e, err)
		case direct:
			x.done(e, nil)
		default:
			targets, moved = append(targets, t), append(moved, e)
		}
	}
	walk.Remove(ctx, targets, walk.RemoveOptions{
		Jobs:    x.o.Jobs,
		Spill:   trash.dir,
		Before:  x.o.Before,
		Removed: x.o.Progress,
		Done: func(i int, err error) {
			if err == nil {
				trash.unmark(moved[i])
				if targets[i].Dir != trash.dir { // it was removed where it was
					x.companions(targets[i].Dir, moved[i])
				}
			}
			x.done(moved[i], err)
		},
	})
	at.close()
	if g.isCache {
		x.emptyFolders(dir, g.entries)
	}
	trash.Close()
	if g.isCache && ctx.Err() == nil {
		x.rememberIn(dir)
	}
	if ctx.Err() == nil {
		held.Unlock() // mamba's lock file is in the cache
		x.unmark(at, marking)
		if x.plan.Has(cache.PkgsDirs) && g.isCache {
			x.removeCache(g)
		}
	}
}

// recheck makes the plan anew if it may be stale: there may be environments that
// were not there before.
func (x *execution) recheck(ctx context.Context, waited bool) error {
	if x.o.Again == nil {
		return nil
	}
	if !waited && x.now().Sub(x.looked) < x.stale {
		if x.o.Changed == nil {
			return nil
		}
		if changed, err := x.o.Changed(ctx, x.newest); err != nil || !changed {
			return err
		}
	}
	fresh, err := x.o.Again(ctx, x.own)
	if err != nil {
		return err
	}
	x.newest = fresh
	x.checked, x.looked = true, fresh.Made
	x.stale = max(staleAfter, lookingPer*x.now().Sub(fresh.Made))
	x.goes = map[string]bool{}
	for _, e := range fresh.Remove {
		x.goes[e.Path()] = true
	}
	return nil
}

// unmark removes the marks of a cache, if they are all that is left of it:
// without them, no later run would go on with the rest.
func (x *execution) unmark(at *staging, marking []*cache.Entry) {
	if len(marking) == 0 {
		return
	}
	items, err := at.dir.ReadDir()
	for _, it := range items {
		if !slices.Contains(meta.CondaMarks(), it.Name) {
			err = errNotEmptied
		}
	}
	for _, e := range marking {
		if err != nil {
			x.done(e, fmt.Errorf("%s: %w", e.Path(), err))
			continue
		}
		_, _, err := at.stage(e)
		x.done(e, err)
	}
}

// spare notes an entry that the new plan does not remove: it is in use by now,
// or gone.
func (x *execution) spare(e *cache.Entry) {
	if _, err := os.Lstat(e.Path()); errors.Is(err, fs.ErrNotExist) {
		x.done(e, errGone)
		return
	}
	x.result.Spared = append(x.result.Spared, e)
}

// removeCache removes the folder of a cache if nothing is left in it, as conda
// clean --force-pkgs-dirs does. One that is a mount point stays.
func (x *execution) removeCache(g *group) {
	parent, err := walk.Open(filepath.Dir(g.dir))
	if err != nil {
		return // the entries in it have told why
	}
	defer parent.Close()
	name := filepath.Base(g.dir)
	if st, err := parent.Lstat(name); err == nil && st.ID == g.loc.ID && x.before("rmdir", g.dir) == nil {
		_ = parent.Rmdir(name) // not empty: something in it was kept or has failed
	}
}
