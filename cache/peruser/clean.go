package peruser

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sort"
	"sync"
	"time"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/cache/witness"
	"gclean/internal/parallel"
	"gclean/meta"
	"gclean/walk"
)

// job is what one user's process has to clean.
type job struct {
	m      *member
	plan   *cache.Plan // the plan that the process sent
	first  bool        // all entries have been tried once
	locked []int       // indexes of entries whose cache was locked at that time
	failed map[int]removal.Failure
}

// Plan lets the users' processes plan the cleaning of the caches that they name. It returns
// their plans and own, which is root's plan, as one. It returns an error only if ctx ends.
func (us *Users) Plan(ctx context.Context, own *cache.Plan, o cache.Options) (*cache.Plan, error) {
	us.Found(own.Discovery)
	whole := *own
	whole.Remove, whole.Kept, whole.Caches = slices.Clone(own.Remove), slices.Clone(own.Kept), slices.Clone(own.Caches)
	list, problems := assign(own.Discovery.OfUsers, own.Caches)
	whole.Problems = slices.Concat(own.Problems, problems)
	us.jobs = make([]*job, len(list))
	at, coming := working, map[uint64]cache.Coming{}
	byTurns := o.Policy.MinFree != nil || o.Policy.MinFreeFiles != nil
	if byTurns {
		at = 1 // one at a time: the next one needs to free less
		addFreed(coming, own)
	}
	plan := func(i int) error {
		m := us.member(list[i].user)
		p := us.planning(list[i], o)
		p.Policy.Coming = coming
		us.work <- struct{}{}
		defer func() { <-us.work }()
		var plan *cache.Plan
		err := us.do(ctx, m, us.o.Limits.Plan, func(ctx context.Context, c *witness.Conn) (err error) {
			plan, err = c.Plan(ctx, p, us.answers(m))
			return err
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return nil // Trouble reports it
		}
		us.jobs[i] = &job{m: m, plan: plan, failed: map[int]removal.Failure{}}
		if byTurns {
			addFreed(coming, plan)
		}
		return nil
	}
	if err := parallel.Times(ctx, at, len(list), plan); err != nil {
		return nil, err
	}
	us.jobs = slices.DeleteFunc(us.jobs, func(j *job) bool { return j == nil })
	for _, j := range us.jobs {
		for _, e := range j.plan.Remove {
			e.User = j.m.user.String()
		}
		whole.Remove = append(whole.Remove, j.plan.Remove...)
		whole.Kept = append(whole.Kept, j.plan.Kept...)
		whole.Caches = append(whole.Caches, j.plan.Caches...)
		whole.Problems = append(whole.Problems, fresh(j.plan.Problems, whole.Problems)...)
	}
	// Everything that is shown is sorted by category, and keeps the entries of one cache
	// together.
	sort.SliceStable(whole.Remove, func(a, b int) bool { return whole.Remove[a].Category < whole.Remove[b].Category })
	sort.SliceStable(whole.Kept, func(a, b int) bool { return whole.Kept[a].Entry.Category < whole.Kept[b].Entry.Category })
	us.mark(whole.Problems)
	whole.Problems = append(whole.Problems, us.Trouble(whole.Problems)...)
	return &whole, nil
}

// mark makes doubts of the problems that some users could not be asked. The caches that
// they name were to be cleaned, and may still be cleaned later.
func (us *Users) mark(problems meta.Problems) {
	for _, m := range us.members() {
		m.mu.Lock()
		home, failed := m.user.Home, m.err != nil
		m.mu.Unlock()
		for i := range problems {
			if failed && problems[i].Path == home {
				problems[i].Doubt = true
			}
		}
	}
}

// fresh returns those problems that told does not contain. That other hosts were not asked
// is reported for one cache only.
func fresh(more, told meta.Problems) meta.Problems {
	key := func(p meta.Problem) string {
		if p.Code == cache.CodeOtherHosts {
			return p.Code
		}
		return p.Path + "\x00" + p.Err.Error()
	}
	seen := map[string]int{}
	for i, p := range told {
		seen[key(p)] = i
	}
	return slices.DeleteFunc(more, func(p meta.Problem) bool {
		i, again := seen[key(p)]
		if again && p.Doubt { // it keeps entries in this user's caches
			told[i].Doubt = true
		}
		return again
	})
}

// addFreed adds what a plan frees on each file system.
func addFreed(coming map[uint64]cache.Coming, p *cache.Plan) {
	devices := map[string]uint64{}
	for _, l := range p.Caches {
		devices[l.Path] = l.ID.Dev
	}
	for _, e := range p.Remove {
		if dev, ok := devices[e.Dir]; ok {
			c := coming[dev]
			coming[dev] = cache.Coming{Bytes: c.Bytes + e.Usage.Freed(), Inodes: c.Inodes + e.Usage.Inodes}
		}
	}
}

// answers returns the answers for m's process while it works.
func (us *Users) answers(m *member) witness.Asked {
	return witness.Asked{Witness: askedBy{us, m}, Changed: us.changed}
}

// planning returns what a user's process needs to know to make a plan.
func (us *Users) planning(a assigned, o cache.Options) witness.Planning {
	p := witness.Planning{
		Targets: slices.DeleteFunc(slices.Clone(o.Targets), func(c cache.Category) bool { return c == cache.TempFiles }),
		Policy:  o.Policy, KeepInstalled: o.KeepInstalled, KeepNeeded: o.KeepNeeded, EvenLinked: o.EvenLinked, IgnoreUnreadable: o.IgnoreUnreadable,
		Grace: o.Grace, Jobs: o.Jobs, Caches: a.caches, Quarantine: o.Quarantine,
	}
	us.mu.Lock()
	d := us.d
	us.mu.Unlock()
	if d.Config != nil {
		p.SoftLinks = d.Config.SoftLinks
	}
	for i := range d.Environments {
		e := &d.Environments[i]
		if slices.Contains(e.Users, a.user) && len(e.Users) == 1 {
			continue // the user's own
		}
		above := aboveOf(e)
		if slices.ContainsFunc(a.caches, func(v meta.Value) bool { return slices.Contains(above, v.ID) }) {
			p.Above = append(p.Above, meta.Environment{Prefix: e.Prefix, Elsewhere: &meta.Elsewhere{Above: above}})
		}
		if e.Err == nil {
			continue
		}
		doubt := meta.Problem{Code: meta.CodeUnreadableList, Path: e.Prefix, Err: e.Err, Hides: true}
		if len(e.Users) == 0 {
			p.Doubts = append(p.Doubts, doubt)
		}
		for _, doubt.User = range e.Users {
			p.Doubts = append(p.Doubts, doubt)
		}
	}
	// The user's process finds out itself who can read the caches: this process may not
	// even see the path to them.
	for _, x := range slices.Concat(d.Unread, meta.Problems(d.Unseen)) {
		if x.User != a.user {
			p.Doubts = append(p.Doubts, x)
		}
	}
	return p
}

// aboveOf returns the identities of an environment's folder and of all folders above it.
func aboveOf(e *meta.Environment) []walk.ID {
	if e.Elsewhere != nil {
		return e.Elsewhere.Above
	}
	var list []walk.ID
	real, err := walk.Real(e.Prefix)
	if err != nil {
		return nil
	}
	for dir := real; ; dir = filepath.Dir(dir) {
		if id, err := walk.Identify(dir); err == nil {
			list = append(list, id)
		}
		if dir == filepath.Dir(dir) {
			return list
		}
	}
}

// Execute lets each user's process remove what was planned, and calls own for root's own
// entries. Locked caches are tried again at the end. What remains of o.LockTimeout then is
// for all of them together.
func (us *Users) Execute(ctx context.Context, o removal.Options, own func(context.Context, removal.Options) *removal.Result) *removal.Result {
	var mu sync.Mutex
	told := o.Done
	if told != nil {
		o.Done = func(e *cache.Entry, err error) {
			mu.Lock()
			defer mu.Unlock()
			told(e, err)
		}
	}
	total := new(removal.Result)
	add := func(res *removal.Result) {
		mu.Lock()
		defer mu.Unlock()
		total.Removed, total.Gone = append(total.Removed, res.Removed...), append(total.Gone, res.Gone...)
		total.Spared, total.Failures = append(total.Spared, res.Spared...), append(total.Failures, res.Failures...)
		total.Unmarked = errors.Join(total.Unmarked, res.Unmarked)
	}
	_ = parallel.Each(ctx, working, us.jobs, func(j *job) error {
		add(us.remove(ctx, j, o, 0))
		return nil
	})
	began := time.Now()
	waited := false
	ofOwn := o
	ofOwn.Waiting = func(path string) {
		waited = true
		if o.Waiting != nil {
			o.Waiting(path)
		}
	}
	add(own(ctx, ofOwn))
	left := o.LockTimeout
	if waited {
		left = max(left-time.Since(began), 0)
	}
	for _, j := range us.jobs {
		if len(j.locked) == 0 || ctx.Err() != nil {
			continue
		}
		if left > 0 && o.Waiting != nil {
			o.Waiting(j.plan.Remove[j.locked[0]].Dir)
		}
		began := time.Now()
		add(us.remove(ctx, j, o, left))
		left = max(left-time.Since(began), 0)
	}
	total.Err = ctx.Err()
	return total
}

// remove lets a user's process remove all entries of its plan, or in the second call those
// whose cache was locked. Locked entries are reported as failures only after the second
// call.
func (us *Users) remove(ctx context.Context, j *job, o removal.Options, timeout time.Duration) *removal.Result {
	numbers, again := j.locked, j.first
	if !again {
		j.first = true
		numbers = nil
		for i := range j.plan.Remove {
			numbers = append(numbers, i)
		}
	}
	done := o.Done
	if !again && o.LockTimeout > 0 && done != nil {
		done = func(e *cache.Entry, err error) {
			if err == nil {
				o.Done(e, err)
			}
		}
	}
	var res witness.Removed
	failed := us.removing(ctx, j.m, func(ctx context.Context, c *witness.Conn) (err error) {
		res, err = c.Remove(ctx, j.plan, witness.Removing{Numbers: numbers, LockTimeout: timeout, Jobs: o.Jobs}, us.answers(j.m), done)
		return err
	})
	if res.Result == nil {
		res.Result = new(removal.Result)
	}
	if !again && o.LockTimeout > 0 {
		j.locked = res.Locked
		locked := map[*cache.Entry]bool{}
		for _, i := range res.Locked {
			locked[j.plan.Remove[i]] = true
		}
		res.Failures = slices.DeleteFunc(res.Failures, func(f removal.Failure) bool { return locked[f.Entry] })
	}
	if failed == nil || ctx.Err() != nil {
		return res.Result
	}
	// The process ended before it reported on these entries.
	said := map[*cache.Entry]bool{}
	for _, list := range [][]*cache.Entry{res.Removed, res.Gone, res.Spared} {
		for _, e := range list {
			said[e] = true
		}
	}
	for _, f := range res.Failures {
		said[f.Entry] = true
	}
	for _, i := range numbers {
		if e := j.plan.Remove[i]; !said[e] {
			res.Failures = append(res.Failures, removal.Failure{Entry: e, Err: &meta.UserError{User: j.m.user, Err: cause(failed)}})
		}
	}
	return res.Result
}

// removing is do for a removal. When ctx ends, the process may finish its current entry:
// then nothing is left half removed, and gclean knows what was removed.
func (us *Users) removing(ctx context.Context, m *member, f func(context.Context, *witness.Conn) error) error {
	us.work <- struct{}{}
	defer func() { <-us.work }()
	m.mu.Lock()
	proc := m.proc
	m.mu.Unlock()
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var timer *time.Timer
	stop := context.AfterFunc(ctx, func() {
		if proc != nil {
			_ = proc.In.Close()
		}
		timer = time.AfterFunc(us.o.Limits.End, cancel)
	})
	defer func() {
		if !stop() && timer != nil {
			timer.Stop()
		}
	}()
	return us.do(patient, m, us.o.Limits.Remove, f)
}
