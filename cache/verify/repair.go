package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/meta/dist"
	"gclean/walk"
)

// Repair is a broken extracted package that can be extracted again from an archive.
type Repair struct {
	Check   *Check // of the extracted package
	Archive *Check
	// Symlinked says that an environment has symlinks into the package, or may have: its
	// path must always lead to a package.
	Symlinked bool
}

// Unmendable is a broken entry that cannot be repaired, and the reason.
type Unmendable struct {
	Check *Check
	Err   error
}

// RepairPlan says what of a Verification can be repaired. It is complete and proven before
// anything is touched.
type RepairPlan struct {
	Repairs    []*Repair
	Unmendable []Unmendable

	verification *Verification
}

// Reasons why something is not repaired.
var (
	// ErrNoArchive means that there is no archive to extract a package from.
	ErrNoArchive = errors.New("its archive is not in the cache")
	// ErrBrokenArchive means that the archives of a package are broken too.
	ErrBrokenArchive = errors.New("its archive is broken too")
	// ErrArchiveItself means that the broken entry is an archive, which only a download can
	// replace.
	ErrArchiveItself = errors.New("an archive cannot be repaired")

	errNotReadable = errors.New("it cannot be read; run as its owner")
)

// RepairPlan returns which packages can be extracted again: broken packages with a sound
// archive that is proven to be theirs. Packages that an environment hard-links are
// included; the environment keeps its files as they are. It changes nothing, and returns an
// error only if ctx ends.
func (v *Verification) RepairPlan(ctx context.Context) (*RepairPlan, error) {
	p := &RepairPlan{verification: v}
	for _, c := range v.Checks {
		if c.Sound() || c.Skipped != nil {
			continue
		}
		m, err := v.repairOf(ctx, c)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			p.Unmendable = append(p.Unmendable, Unmendable{c, err})
		default:
			p.Repairs = append(p.Repairs, m)
		}
	}
	return p, nil
}

// repairOf returns the repair of c from the first archive that is proven to be its own.
func (v *Verification) repairOf(ctx context.Context, c *Check) (*Repair, error) {
	archives, err := v.archivesFor(c)
	if err != nil {
		return nil, err
	}
	dir, err := walk.Open(c.Entry.Dir)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	x := &repairing{v: v, cache: dir}
	var why error
	for _, a := range archives {
		m := &Repair{Check: c, Archive: a, Symlinked: c.symlinked()}
		if err = x.prove(ctx, m); err == nil {
			return m, nil
		}
		why = cmp.Or(why, err)
	}
	return nil, why
}

// archivesFor returns the sound archives that a package can be extracted from. The one that
// its record names is first.
func (v *Verification) archivesFor(c *Check) ([]*Check, error) {
	switch {
	case !c.Broken():
		return nil, errNotReadable
	case c.Entry.Category == cache.Tarballs:
		return nil, ErrArchiveItself
	case c.Package.Cache.ReadOnly != nil:
		return nil, c.Package.Cache.ReadOnly
	}
	var named, others []*Check
	found := false
	var skipped error
	for _, a := range v.Checks {
		if a.Package != c.Package || a.Entry.Category != cache.Tarballs || dist.IsWheel(a.Entry.Name) {
			continue
		}
		found = true
		switch {
		case a.Skipped != nil:
			skipped = a.Skipped
		case !a.Sound():
		case strings.HasSuffix(c.Package.URL, "/"+a.Entry.Name):
			named = append(named, a)
		default:
			others = append(others, a)
		}
	}
	switch sound := append(named, others...); {
	case !found:
		return nil, ErrNoArchive
	case len(sound) == 0:
		return nil, cmp.Or(skipped, ErrBrokenArchive)
	default:
		return sound, nil
	}
}

// symlinked reports whether an environment may reach the package by its path.
func (c *Check) symlinked() bool {
	return c.Package.SoftLinked ||
		slices.ContainsFunc(c.Faults, func(f Fault) bool { return len(f.Through) > 0 }) ||
		slices.ContainsFunc(c.Package.Holds, func(h hold.Hold) bool { return h.Reason != hold.HardLinked && h.Reason != hold.OnlyInfo })
}

// RepairFailure is a package that was not changed, and the reason.
type RepairFailure struct {
	Repair *Repair
	Err    error // contains the path
}

// RepairResult is the outcome of a RepairPlan.
type RepairResult struct {
	Repaired []*Repair
	Failures []RepairFailure // repairs that an interrupted run did not reach are in no list
	// Left has an error for each replaced package that could not be removed completely from
	// the trash; the next run removes it.
	Left []error
	Err  error // the context's error if the run was interrupted
}

func (r *RepairResult) fail(m *Repair, err error) {
	r.Failures = append(r.Failures, RepairFailure{m, fmt.Errorf("%s: %w", m.Check.Entry.Path(), err)})
}
