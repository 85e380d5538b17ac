package verify

import (
	"context"
	"fmt"
	"slices"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/order"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// RemovalPlan is a plan to remove what is broken. Use its Execute instead of
// removal.Execute.
type RemovalPlan struct {
	*cache.Plan

	v      *Verification
	checks map[*cache.Entry]*Check
	forced []*cache.Entry // removed although something holds them
}

// RemovalPlan plans the removal of broken entries. It keeps those that are held, unless
// force is set.
func (v *Verification) RemovalPlan(force bool) *RemovalPlan {
	p := &RemovalPlan{Plan: v.plan(), v: v, checks: make(map[*cache.Entry]*Check)}
	for _, c := range v.Checks {
		if !c.Broken() {
			continue
		}
		p.checks[c.Entry] = c
		holds := c.holds()
		switch {
		case c.Package.Cache.ReadOnly != nil:
			p.addReadOnly(c.Package.Cache)
		case len(holds) > 0 && !force:
			p.Kept = append(p.Kept, cache.Kept{Entry: c.Entry, Holds: holds})
		default:
			if len(holds) > 0 {
				p.forced = append(p.forced, c.Entry)
			}
			p.Remove = append(p.Remove, c.Entry)
		}
	}
	p.Targets = nil
	for _, c := range []cache.Category{cache.Tarballs, cache.Packages} {
		if len(p.In(c)) > 0 || slices.ContainsFunc(p.Kept, func(k cache.Kept) bool { return k.Entry.Category == c }) {
			p.Targets = append(p.Targets, c)
		}
	}
	slices.SortStableFunc(p.Remove, func(a, b *cache.Entry) int { return int(a.Category) - int(b.Category) })
	order.Stable(p.Kept, func(a, b cache.Kept) int { return int(a.Entry.Category) - int(b.Entry.Category) })
	return p
}

// Execute carries the plan out. It checks each entry again right before it removes it, and
// keeps those that were repaired meanwhile.
func (p *RemovalPlan) Execute(ctx context.Context, o removal.Options) *removal.Result {
	o.Again, o.Changed, o.Still = p.again, p.changed, p.still
	return removal.Execute(ctx, p.Plan, o)
}

// again plans again, to find out what is held now.
func (p *RemovalPlan) again(ctx context.Context, own map[walk.ID]bool) (*cache.Plan, error) {
	o := cache.Options{Look: p.v.options.Look, Targets: []cache.Category{cache.Tarballs, cache.Packages}}
	fresh, err := o.Again(ctx, own)
	if err != nil {
		return nil, err
	}
	fresh.Remove = append(fresh.Remove, p.forced...)
	return fresh, nil
}

// changed reports whether something may be held now that was not held before.
func (p *RemovalPlan) changed(ctx context.Context, made *cache.Plan) (bool, error) {
	return cache.Options{Look: p.v.options.Look}.Changed(ctx, made)
}

// still reports whether e is still broken.
func (p *RemovalPlan) still(ctx context.Context, dir *walk.Dir, e *cache.Entry) bool {
	faults, err := p.v.again(ctx, dir, p.checks[e])
	return err == nil && (&Check{Faults: faults}).Broken()
}

// plan returns a plan without entries, for the caches of the packages that were checked.
func (v *Verification) plan() *cache.Plan {
	p := *v.empty
	p.Caches, p.Problems = nil, slices.Clone(v.Problems)
	for _, x := range v.Packages {
		if !slices.ContainsFunc(p.Caches, func(l cache.Location) bool { return l.ID == x.Cache.ID }) {
			p.Caches = append(p.Caches, x.Cache)
		}
	}
	return &p
}

// addReadOnly notes, once for each cache, that nothing in it can be changed.
func (p *RemovalPlan) addReadOnly(loc cache.Location) {
	if !slices.ContainsFunc(p.Problems, func(x meta.Problem) bool { return x.Path == loc.Path && x.Failed }) {
		p.Problems = append(p.Problems, cache.ProblemWith(loc.Path, loc.ReadOnly, true))
	}
}

// holds returns what keeps the entry of c.
func (c *Check) holds() []hold.Hold {
	switch {
	case c.Entry.Category == cache.Packages && len(c.Package.Holds) > 0:
		return c.Package.Holds
	case c.Entry.Category != cache.Packages && c.Entry.Linked:
		return []hold.Hold{{Reason: hold.HardLinked}}
	}
	return c.busy
}

// again checks an entry again, in an open cache. What other entries explained before is no
// fault now either.
func (v *Verification) again(ctx context.Context, in *walk.Dir, c *Check) ([]Fault, error) {
	x := &verifier{o: v.options, caches: []*cache.Opened{{Location: c.Package.Cache, Dir: in}}}
	x.o.Progress = nil
	st, err := x.lstat(c.Entry)
	switch {
	case err != nil:
		return nil, err
	case st.ID != c.Entry.Stat.ID:
		return nil, fmt.Errorf("%s: %w", c.Entry.Path(), walk.ErrChanged)
	}
	now := *c
	if c.Entry.Category == cache.Tarballs {
		now.Faults, err = x.checkArchive(ctx, &now)
	} else {
		now.Faults, err = x.checkExtracted(ctx, &now, 0)
	}
	if c.noted(dist.Renamed) {
		now.note(dist.WrongName, dist.Renamed)
	}
	now.noteIf(dist.Unlisted, func(f Fault) bool { return f.Kind == dist.Added && c.notedAt(dist.Unlisted, f.Path) })
	if c.noted(dist.OtherURL) {
		now.note(dist.WrongSource, dist.OtherURL)
	}
	return now.Faults, err
}
