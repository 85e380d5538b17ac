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

// staleAfter is the age at which a plan is made again before it is carried out. The user
// may have thought about the question for long, or cleaning the caches before this one took
// long. lookingPer limits that to about a tenth of the time, if planning is slow.
//
// On a network file system the first plan counts as fresh for at least lookingPer times as
// long as it took. There, measuring a cache again can take longer than cleaning it.
// Options.Changed finds what changes meanwhile, and samples show new links (see lookAgain).
const (
	staleAfter = 2 * time.Second
	lookingPer = 10
)

// Execute carries the plan out. Entries are independent: if one fails, the others are still
// removed. A folder is first renamed into the cache's trash and emptied there, so that
// nobody finds half a package and believes it complete.
//
// Execute locks each cache while it changes it. Caches that another process has locked come
// after all others; Options.LockTimeout is how long the run waits for all of them together.
// If it had to wait for a lock, or the plan is not fresh, it plans again and spares the
// entries that are now held.
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
	loc     cache.Location // set for a cache
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
			isCache = false // a folder searched for temp files may also be a cache
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
	own     map[walk.ID]bool // lock files that this run holds
	newest  *cache.Plan      // the plan, or the newest one made in its place
	marked  map[string]bool  // caches whose marks are up to date
	looked  time.Time        // when the newest plan was made
	stale   time.Duration    // how long that plan is fresh
	checked bool             // the plan was made again
	goes    map[string]bool  // by path: what the newest plan removes
	waiting Waiting          // how long to wait for locks from now on
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
		return // neither removed nor failed; the run reports the interruption
	case errors.Is(err, walk.ErrStillOpen):
		if !isInTrash(e) { // otherwise it is in the trash now
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

// group removes the entries of one folder. If another process has locked the folder and
// last is false, it does nothing and returns false. The caller then calls it again at the
// end, to wait for the lock.
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

// giveUp notes that entries are kept because of err.
func (x *execution) giveUp(entries []*cache.Entry, err error) {
	for _, e := range entries {
		x.done(e, err)
	}
}

// recheck plans again if the plan may be stale: there may be new environments.
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

// unmark removes the marks of a cache if nothing else is left in it. As long as something
// is left, it spares them: without marks, no later run would recognize the cache. That is
// no failure, since the entries that are left were reported themselves, or have come since.
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

// spare notes an entry that the new plan does not remove: it is in use now, or no longer
// exists.
func (x *execution) spare(e *cache.Entry) {
	if _, err := os.Lstat(e.Path()); errors.Is(err, fs.ErrNotExist) {
		x.done(e, errGone)
		return
	}
	x.result.Spared = append(x.result.Spared, e)
}

// removeCache removes the folder of a cache if it is empty, as conda clean
// --force-pkgs-dirs does. It keeps a mount point.
func (x *execution) removeCache(g *group) {
	parent, err := walk.Open(filepath.Dir(g.dir))
	if err != nil {
		return // the entries in it were reported
	}
	defer parent.Close()
	name := filepath.Base(g.dir)
	if st, err := parent.Lstat(name); err == nil && st.ID == g.loc.ID && x.before("rmdir", g.dir) == nil {
		_ = parent.Rmdir(name) // fails if something in it was kept
	}
}
