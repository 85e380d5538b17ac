package removal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
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
//
// On a network file system the first plan counts as fresh for ten times as long as it
// took, too: measuring a cache again can take longer than removing from it. What changes
// meanwhile is found by Options.Changed, and links by samples (see lookAgain).
const (
	staleAfter = 2 * time.Second
	lookingPer = 10
)

// Execute carries the plan out. Entries are independent: what fails does not
// stop the others. A folder is renamed into the cache's trash first and
// emptied there, so that no half package is ever left to be taken for whole.
//
// Each cache is locked while it is changed. One that somebody else has locked comes
// after all others, and Options.LockTimeout is how long the run waits for all of
// them. If a lock had to be waited for, or the plan is not fresh, entries are looked
// at once more, and those that are held by now are spared.
func Execute(ctx context.Context, p *cache.Plan, o Options) *Result {
	x := &execution{plan: p, o: o, own: map[walk.ID]bool{}, marked: map[string]bool{}, newest: p, looked: p.Made, stale: staleAfter, result: &Result{}}
	x.waiting = Waiting{Timeout: o.LockTimeout, Told: o.Waiting, Before: o.Before}
	var locked []*group
	for _, g := range groups(p) {
		if !x.group(ctx, g, false) {
			locked = append(locked, g)
		}
	}
	for _, g := range locked {
		x.group(ctx, g, true)
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
	type key struct {
		dir     string
		isCache bool
	}
	var list []*group
	index := map[key]*group{}
	caches := map[string]cache.Location{}
	for _, loc := range p.Caches {
		caches[loc.Path] = loc
	}
	for _, e := range p.Remove {
		loc, isCache := caches[e.Dir]
		if e.Category == cache.TempFiles || path.Dir(e.Name) != "." && cache.IsTrashFile(e.Name) {
			isCache = false // the folder that was searched may be a cache as well
		}
		k := key{e.Dir, isCache}
		g := index[k]
		if g == nil {
			g = &group{dir: e.Dir, loc: loc, isCache: isCache}
			index[k] = g
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
	waiting Waiting          // how long locks are waited for from now on
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
	case errors.Is(err, walk.ErrStillOpen):
		if !isInTrash(e) { // it is there now
			x.result.Removed = append(x.result.Removed, e)
		}
		x.result.Problems = append(x.result.Problems, meta.Problem{Code: CodeStillOpen, Path: e.Path(), Err: errStillOpen})
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

// group removes the entries of one folder. Where it is locked, they are left until
// last, when it is called to wait for the lock; it says whether they were not left.
func (x *execution) group(ctx context.Context, g *group, last bool) bool {
	dir, err := walk.Open(g.dir)
	if err == nil {
		defer dir.Close()
		if g.isCache && dir.ID() != g.loc.ID {
			err = fmt.Errorf("%s: %w", g.dir, walk.ErrChanged)
		}
	}
	waited := false
	held := new(Locks)
	defer func() { held.Unlock() }()
	if err == nil && g.isCache {
		w := &x.waiting
		if !last {
			w = &Waiting{Before: x.o.Before}
		}
		held, waited, err = Lock(ctx, dir, g.loc, w, x.own)
		held.w = &x.waiting
		if !last && errors.Is(err, walk.ErrLocked) {
			return false
		}
	}
	if err == nil {
		err = x.recheck(ctx, waited || last, g.loc.Network)
	}
	if err != nil {
		x.giveUp(g.entries, err)
		return true
	}
	r := newRounds(x, g, dir, held)
	r.run(ctx)
	if g.isCache && ctx.Err() == nil {
		x.rememberIn(dir)
	}
	if ctx.Err() == nil {
		held.Unlock() // mamba's lock file is in the cache
		x.unmark(r.at, r.marking)
		if x.plan.Has(cache.PkgsDirs) && g.isCache {
			x.removeCache(g)
		}
	}
	return true
}

// giveUp notes that entries stay because of err.
func (x *execution) giveUp(entries []*cache.Entry, err error) {
	for _, e := range entries {
		x.done(e, err)
	}
}

// recheck makes the plan anew if it may be stale: there may be environments that
// were not there before.
func (x *execution) recheck(ctx context.Context, waited, network bool) error {
	if x.o.Again == nil {
		return nil
	}
	stale := x.stale
	if network {
		stale = max(stale, lookingPer*x.newest.Took)
	}
	if !waited && x.now().Sub(x.looked) < stale {
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
// without them, no later run would go on with the rest. Else they are spared: what
// failed has failed by itself, and what was spared, or has come since the plan was
// made, is no failure.
func (x *execution) unmark(at *staging, marking []*cache.Entry) {
	if len(marking) == 0 {
		return
	}
	items, err := at.dir.ReadDir()
	more := slices.ContainsFunc(items, func(it walk.Item) bool { return !slices.Contains(meta.CondaMarks(), it.Name) })
	for _, e := range marking {
		switch {
		case err != nil:
			x.done(e, fmt.Errorf("%s: %w", e.Path(), err))
		case more:
			x.spare(e)
		default:
			_, _, err := at.stage(e)
			x.done(e, err)
		}
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
