package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/cache/hold"
)

// Repair is a broken extracted package that can be made anew from an archive.
type Repair struct {
	Check   *Check // of the extracted package
	Archive *Check
	// Symlinked says that an environment reaches into the package by symlinks, or
	// may: its path must never lead nowhere.
	Symlinked bool
}

// Unmendable is a broken entry that cannot be made anew, and why.
type Unmendable struct {
	Check *Check
	Err   error
}

// RepairPlan is what of a Verification can be repaired. It is complete before
// anything is touched.
type RepairPlan struct {
	Repairs    []*Repair
	Unmendable []Unmendable

	verification *Verification
}

// Why something is not repaired.
var (
	// ErrNoArchive says that there is nothing to make a package from.
	ErrNoArchive = errors.New("its archive is not in the cache")
	// ErrBrokenArchive says that what a package could be made from is broken.
	ErrBrokenArchive = errors.New("its archive is broken too")
	// ErrArchiveItself says that nothing makes archives but a download.
	ErrArchiveItself = errors.New("an archive cannot be repaired")

	errNotReadable = errors.New("it cannot be read; run as its owner")
)

// RepairPlan says what can be extracted anew: broken packages whose archive is
// sound. Those that an environment hard-links are among them: the environment
// keeps its files as they are.
func (v *Verification) RepairPlan() *RepairPlan {
	p := &RepairPlan{verification: v}
	for _, c := range v.Checks {
		if c.Sound() || c.Skipped != nil {
			continue
		}
		archive, err := v.archiveFor(c)
		if err != nil {
			p.Unmendable = append(p.Unmendable, Unmendable{c, err})
			continue
		}
		p.Repairs = append(p.Repairs, &Repair{Check: c, Archive: archive, Symlinked: c.symlinked()})
	}
	return p
}

// archiveFor is the archive that a package can be made from: the one its record
// names, else any that is sound.
func (v *Verification) archiveFor(c *Check) (*Check, error) {
	switch {
	case !c.Broken():
		return nil, errNotReadable
	case c.Entry.Category == cache.Tarballs:
		return nil, ErrArchiveItself
	case c.Package.Cache.ReadOnly != nil:
		return nil, c.Package.Cache.ReadOnly
	}
	var sound []*Check
	any := false
	for _, a := range v.Checks {
		if a.Package == c.Package && a.Entry.Category == cache.Tarballs {
			any = true
			if a.Sound() {
				sound = append(sound, a)
			}
		}
	}
	switch {
	case !any:
		return nil, ErrNoArchive
	case len(sound) == 0:
		return nil, ErrBrokenArchive
	}
	for _, a := range sound {
		if strings.HasSuffix(c.Package.URL, "/"+a.Entry.Name) {
			return a, nil
		}
	}
	return sound[0], nil
}

// symlinked says whether an environment may reach the package by its path.
func (c *Check) symlinked() bool {
	return c.Package.SoftLinked ||
		slices.ContainsFunc(c.Faults, func(f Fault) bool { return len(f.Through) > 0 }) ||
		slices.ContainsFunc(c.Package.Holds, func(h hold.Hold) bool { return h.Reason != hold.HardLinked && h.Reason != hold.OnlyInfo })
}

// RepairFailure is a package that is as it was, and why.
type RepairFailure struct {
	Repair *Repair
	Err    error // names the path
}

// RepairResult is what became of a RepairPlan.
type RepairResult struct {
	Repaired []*Repair
	Failures []RepairFailure // a repair is in neither list when the run was interrupted before it
	// Left are old packages that were replaced and could not be removed whole; the
	// next run removes them.
	Left []error
	Err  error // the context's, when the run was interrupted
}

func (r *RepairResult) fail(m *Repair, err error) {
	r.Failures = append(r.Failures, RepairFailure{m, fmt.Errorf("%s: %w", m.Check.Entry.Path(), err)})
}
