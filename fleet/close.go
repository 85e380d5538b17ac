package fleet

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"gclean/cache"
	"gclean/cache/fence"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/meta"
	"gclean/walk"
)

// CloseOptions are those of Close.
type CloseOptions struct {
	// Without are hosts that nobody waits for, in addition to those of OpenOptions.
	Without []string
	// Host is this host, as in MarkOptions. One that is not in the list of hosts is asked, too.
	Host string
	Asking
	// Remove are the options of the removal; Again, Changed and Still are Close's own.
	Remove removal.Options
	Now    func() time.Time
}

// Closed is what Close, or Abort, has done.
type Closed struct {
	*Round
	Hosts    []HostState
	Verdicts []Verdict // of the entries, in order
	Failures []Failure
	Problems meta.Problems // what was told by the way
	Left     bool          // something could not be put back: the round is still open
	Err      error         // of the context, when it was interrupted: the round is still open

	found map[int][]HeldOn // as in End
}

// Failure is an entry that could not be removed or put back.
type Failure struct {
	Path string
	Err  error // names the path
}

// Count is how many entries are in one of the states.
func (c *Closed) Count(states ...State) int {
	n := 0
	for i := range c.Verdicts {
		n += c.is(i, states)
	}
	return n
}

func (c *Closed) is(i int, states []State) int {
	for _, s := range states {
		if c.Verdicts[i].State == s && !c.Entries[i].Companion {
			return 1
		}
	}
	return 0
}

// Close ends the round in a folder: what no host holds goes, and the rest is put back.
// If a host has no complete mark, nothing changes, and the error is an
// *IncompleteError. A round that has ended stays as it is.
func Close(ctx context.Context, dir string, o CloseOptions) (*Closed, error) {
	f, r, err := openRound(dir, false, o.Remove.Before)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch {
	case r.End != nil:
		return f.ended(r), nil
	case !r.Fenced:
		return nil, &FolderError{dir, ErrNotFenced}
	}
	for _, name := range o.Without {
		if r.host(name) == nil {
			return nil, &HostError{name, r.Hosts}
		}
	}
	c := &Closed{Round: r, Hosts: f.hostStates(r, o.Without)}
	var missing []HostState
	for _, h := range c.Hosts {
		if !h.ready() {
			missing = append(missing, h)
		}
	}
	if len(missing) > 0 {
		return nil, &IncompleteError{dir, missing}
	}
	c.Verdicts = r.verdicts(c.Hosts)
	x := &closing{o: &o, c: c, r: r, before: o.Remove.Before}
	if err := x.run(ctx); err != nil {
		return nil, err
	}
	if c.Err == nil {
		err = f.end(r, c, false, o.Without, o.now())
	}
	return c, err
}

func (o *CloseOptions) now() time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now()
}

// ended is what became of a round that has ended.
func (f *folder) ended(r *Round) *Closed {
	return &Closed{Round: r, Verdicts: r.finalVerdicts(f.hostStates(r, nil))}
}

// end writes down what became of a round.
func (f *folder) end(r *Round, c *Closed, aborted bool, without []string, now time.Time) error {
	if c.Left {
		return nil // the next run tries again
	}
	r.End = &End{Aborted: aborted, At: now, Host: r.Host, Without: without, Found: c.found}
	for _, v := range c.Verdicts {
		r.End.States = append(r.End.States, v.State)
	}
	return f.write(endName, endProtocol, r.endMessages())
}

// closing removes what nobody holds and puts the rest back.
type closing struct {
	o      *CloseOptions
	c      *Closed
	r      *Round
	before fence.Before
	dirs   []*walk.Dir // of the caches that are still leased; nil for the others
}

func (x *closing) run(ctx context.Context) error {
	x.dirs = make([]*walk.Dir, len(x.r.Caches))
	defer func() {
		for _, dir := range x.dirs {
			if dir != nil {
				dir.Close()
			}
		}
	}()
	here := make([]string, len(x.r.Caches))
	for i, c := range x.r.Caches {
		dir, leased, err := x.r.leased(i, x.before)
		if err != nil {
			return err
		}
		if leased {
			x.dirs[i], here[i] = dir, c.Path
		}
	}
	x.findGone()
	if err := x.refresh(ctx); err != nil {
		return err
	}
	// What hosts hold comes back first, so that it is out of sight for as short a time
	// as possible.
	x.restore(func(i int) bool { return x.c.Verdicts[i].State != Goes && !x.r.Entries[i].Companion })
	plan, again, err := x.plan(ctx, here)
	if err != nil {
		return err
	}
	if plan != nil && len(plan.Remove) > 0 {
		x.remove(ctx, plan, again)
	}
	if x.c.Err = ctx.Err(); x.c.Err != nil {
		return nil
	}
	x.removeArchives()
	x.restore(func(i int) bool { return true })
	return x.drop()
}

// refresh makes this host forget what it remembers of the packages to remove, because
// other hosts may have linked them.
func (x *closing) refresh(ctx context.Context) error {
	for i := range x.r.Entries {
		e := &x.r.Entries[i]
		dir := x.dirs[e.Cache]
		if dir == nil || e.Package == nil || x.c.Verdicts[i].State != Goes {
			continue
		}
		above, name := filepath.Split(filepath.FromSlash(string(e.Name)))
		in, err := dir.OpenBelow(strings.TrimSuffix(filepath.ToSlash(above), "/"))
		if err == nil {
			err = look(ctx, in, name)
			in.Close()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !walk.LeadsNowhere(err) {
			x.found(i, []hold.Hold{{Reason: hold.UnreadableEntry, Err: err}})
		}
	}
	return nil
}

// found adds what this host says of an entry to what the marks say.
func (x *closing) found(i int, holds []hold.Hold) {
	v := &x.c.Verdicts[i]
	known := len(v.Holds)
	v.add(x.o.Host, holds)
	if x.c.found == nil {
		x.c.found = map[int][]HeldOn{}
	}
	x.c.found[i] = append(x.c.found[i], v.Holds[known:]...)
}

// plan asks this host once more, and returns the plan of the removal; nil if there is
// nothing to remove. Again makes a new plan.
func (x *closing) plan(ctx context.Context, here []string) (*cache.Plan, func(context.Context) (*cache.Plan, error), error) {
	asking := x.o.Asking
	var plan *cache.Plan
	planning := asking.Plan
	asked := x.r.host(x.o.Host) != nil
	asking.Plan = func(ctx context.Context, r *cache.Round, caches []meta.Value, keep bool) (*cache.Plan, error) {
		var err error
		r.Asked = asked
		plan, err = planning(ctx, r, caches, keep)
		return plan, err
	}
	if asked {
		asking.System = noInstallers // its mark has waited for them
	}
	look := func(ctx context.Context) error {
		a := &Answer{Holds: map[int][]hold.Hold{}}
		plan = nil
		if err := asking.ask(ctx, x.r, a, func([]string) []string { return here }); err != nil {
			return err
		}
		for i, holds := range a.Holds {
			if x.c.Verdicts[i].State == Goes {
				x.found(i, holds)
			}
		}
		if plan != nil {
			plan.Remove = x.ofMarks(plan.Remove)
		}
		return nil
	}
	err := look(ctx)
	if plan == nil || err != nil {
		return nil, nil, err
	}
	return plan, func(ctx context.Context) (*cache.Plan, error) {
		err := look(ctx)
		if err == nil && plan == nil {
			err = errors.New("there is no plan")
		}
		return plan, err
	}, nil
}

// noInstallers is a system on which nothing is waited for.
func noInstallers() hold.System { return hold.System{} }

// ofMarks are the entries of a plan that go by the marks as well, and are what was
// fenced. What is in a cache, anybody may have put there who can write to it: the folder
// of the round decides.
func (x *closing) ofMarks(entries []*cache.Entry) []*cache.Entry {
	goes := map[string]uint64{}
	for i := range x.r.Entries {
		if e := &x.r.Entries[i]; e.Package != nil && x.c.Verdicts[i].State == Goes {
			goes[x.r.Path(i)] = e.Ino
		}
	}
	var list []*cache.Entry
	for _, e := range entries {
		if ino, ok := goes[e.Path()]; ok && ino == e.Stat.ID.Ino && e.Category == cache.Packages {
			list = append(list, e)
		}
	}
	return list
}

// remove carries the plan out.
func (x *closing) remove(ctx context.Context, plan *cache.Plan, again func(context.Context) (*cache.Plan, error)) {
	index := map[string]int{}
	for i := range x.r.Entries {
		index[x.r.Path(i)] = i
	}
	o := x.o.Remove
	o.Again = func(ctx context.Context, _ map[walk.ID]bool) (*cache.Plan, error) { return again(ctx) }
	o.Still = func(_ context.Context, dir *walk.Dir, e *cache.Entry) bool {
		return fence.Fenced(dir, &x.r.Entries[index[e.Path()]].Item)
	}
	res := removal.Execute(ctx, plan, o)
	for _, e := range res.Removed {
		x.c.Verdicts[index[e.Path()]].State = Removed
	}
	for _, failure := range res.Failures {
		v := &x.c.Verdicts[index[failure.Entry.Path()]]
		v.State, v.Err = Failed, failure.Err
		x.c.Failures = append(x.c.Failures, Failure{failure.Entry.Path(), failure.Err})
	}
	x.c.Problems = append(x.c.Problems, res.Problems...)
}

// removeArchives removes the archives that go.
func (x *closing) removeArchives() {
	for i := range x.r.Entries {
		e, v := &x.r.Entries[i], &x.c.Verdicts[i]
		dir := x.dirs[e.Cache]
		if dir == nil || e.Kind != fence.Archive || v.State != Goes {
			continue
		}
		removed, err := fence.Remove(dir, &e.Item, x.before)
		switch {
		case err != nil:
			x.fail(i, err)
		case removed:
			v.State = Removed
		}
	}
}

// restore puts back what is aside of the entries for which a function says yes: records
// before archives, as conda needs it.
func (x *closing) restore(which func(i int) bool) {
	for _, archives := range []bool{false, true} {
		for i := range x.r.Entries {
			e, v := &x.r.Entries[i], &x.c.Verdicts[i]
			dir := x.dirs[e.Cache]
			if dir == nil || (e.Kind == fence.Archive) != archives || !which(i) {
				continue
			}
			back, err := fence.Restore(dir, &e.Item, x.before)
			switch {
			case err != nil:
				x.fail(i, err)
			case (v.State == Goes || v.State == InDoubt) && back == fence.Replaced:
				v.State = Replaced // hosts that saw it were in doubt
			case v.State == Goes:
				v.State = Restored
			}
		}
	}
}

func (x *closing) fail(i int, err error) {
	err = fmt.Errorf("%s: %w", x.r.Path(i), err)
	x.c.Verdicts[i].State, x.c.Verdicts[i].Err = Failed, err
	x.c.Failures = append(x.c.Failures, Failure{x.r.Path(i), err})
}
