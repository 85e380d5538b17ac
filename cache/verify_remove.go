package cache

import (
	"context"
	"fmt"
	"path"
	"slices"

	"gclean/walk"
)

// RemovalPlan is the plan to remove what is broken. What is held stays, unless
// force is set. When the plan is carried out each entry is looked at once more:
// what was mended meanwhile is spared.
func (v *Verification) RemovalPlan(force bool) *Plan {
	p := v.plan()
	p.forced = make(map[*Entry]bool)
	checks := make(map[*Entry]*Check)
	for _, c := range v.Checks {
		if !c.Broken() {
			continue
		}
		checks[c.Entry] = c
		holds := c.holds()
		switch {
		case c.Package.Cache.ReadOnly != nil:
			p.addReadOnly(c.Package.Cache)
		case len(holds) > 0 && !force:
			p.Kept = append(p.Kept, Kept{Entry: c.Entry, Holds: holds})
		default:
			p.forced[c.Entry] = len(holds) > 0
			p.Remove = append(p.Remove, c.Entry)
		}
	}
	p.Targets = nil
	for _, c := range []Category{Tarballs, Packages} {
		if len(p.In(c)) > 0 || slices.ContainsFunc(p.Kept, func(k Kept) bool { return k.Entry.Category == c }) {
			p.Targets = append(p.Targets, c)
		}
	}
	slices.SortStableFunc(p.Remove, func(a, b *Entry) int { return int(a.Category) - int(b.Category) })
	slices.SortStableFunc(p.Kept, func(a, b Kept) int { return int(a.Entry.Category) - int(b.Entry.Category) })
	p.still = func(ctx context.Context, cache *walk.Dir, e *Entry) bool {
		faults, err := v.again(ctx, cache, checks[e])
		return err == nil && (&Check{Faults: faults}).Broken()
	}
	return p
}

// plan is one of the caches that were looked at, without any entries.
func (v *Verification) plan() *Plan {
	p := &Plan{Targets: []Category{Tarballs, Packages}, Problems: slices.Clone(v.Problems), options: v.options, made: v.made}
	p.options.Targets = p.Targets
	p.options.MeasureAll = false
	for _, x := range v.Packages {
		if !slices.ContainsFunc(p.Caches, func(l Location) bool { return l.ID == x.Cache.ID }) {
			p.Caches = append(p.Caches, x.Cache)
		}
	}
	return p
}

// addReadOnly notes, once, that something in a cache cannot be changed.
func (p *Plan) addReadOnly(loc Location) {
	if !slices.ContainsFunc(p.Problems, func(x Problem) bool { return x.Path == loc.Path && x.Failed }) {
		p.Problems = append(p.Problems, Problem{Path: loc.Path, Err: loc.ReadOnly, Failed: true})
	}
}

// holds are what keeps the entry of c.
func (c *Check) holds() []Hold {
	switch {
	case c.Entry.Category == Packages:
		return c.Package.Holds
	case c.candidate.linked:
		return []Hold{{Reason: HardLinked}}
	}
	return nil
}

// again checks an entry once more, in a cache that is open.
func (v *Verification) again(ctx context.Context, cache *walk.Dir, c *Check) ([]Fault, error) {
	x := &verifier{o: v.verify, survey: &survey{
		o:       v.options,
		plan:    &Plan{Caches: []Location{c.Package.Cache}},
		dirs:    []*walk.Dir{cache},
		holders: &holders{},
	}}
	x.o.Progress = nil
	dir, err := cache.OpenBelow(parentOf(c.Entry.Name))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	st, err := dir.Lstat(path.Base(c.Entry.Name))
	switch {
	case err != nil:
		return nil, err
	case st.ID != c.Entry.Stat.ID:
		return nil, fmt.Errorf("%s: %w", c.Entry.Path(), walk.ErrChanged)
	case c.Entry.Category == Tarballs:
		return x.checkArchive(ctx, c)
	}
	return x.checkExtracted(ctx, c, 0)
}
