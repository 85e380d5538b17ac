package cache

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"gclean/cache/hold"
	"gclean/internal/parallel"
	"gclean/meta/dist"
)

// Reasons why an archive is needed.
var (
	errNotExtracted = errors.New("it is not extracted")
	errGoesToo      = errors.New("its extracted package is removed")
)

// keepNeeded takes archives out of the plan that would be all that is left of their
// package. There may be no network to download them again.
func (s *Survey) keepNeeded(ctx context.Context, goes map[*candidate]bool) error {
	if !s.o.KeepNeeded || s.plan.Has(PkgsDirs) {
		return nil
	}
	type key struct{ dir, name string }
	extracted := make(map[key]*candidate)
	for _, e := range s.entries {
		if e.pkg != nil && e.Category == Packages {
			extracted[key{e.Dir, e.Name}] = e
		}
	}
	type archive struct {
		*candidate
		need error
	}
	var archives []*archive
	for e := range goes {
		if e.Category == Tarballs && !dist.IsPartial(e.Name) {
			archives = append(archives, &archive{candidate: e})
		}
	}
	err := parallel.Each(ctx, s.o.Jobs, archives, func(a *archive) error {
		e := extracted[key{a.Dir, path.Join(path.Dir(a.Name), dist.OfArchive(path.Base(a.Name)))}]
		switch {
		case e == nil:
			a.need = errNotExtracted
		case goes[e]:
			a.need = errGoesToo
		default:
			a.need = s.looksBroken(ctx, e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	kept := make(map[*Entry]bool)
	for _, a := range archives {
		if a.need != nil {
			delete(goes, a.candidate)
			kept[&a.Entry] = true
			s.plan.Kept = append(s.plan.Kept, Kept{Entry: &a.Entry, Holds: []hold.Hold{{Reason: Needed, Err: a.need}}})
		}
	}
	s.plan.Remove = slices.DeleteFunc(s.plan.Remove, func(e *Entry) bool { return kept[e] })
	return nil
}

// looksBroken returns how an extracted package is broken, as far as that shows without
// reading its files. A package that cannot be read counts as broken, so that its archive is
// kept.
func (s *Survey) looksBroken(ctx context.Context, e *candidate) error {
	dir, err := s.open(e.Dir).Dir.OpenBelow(e.Name)
	if err != nil {
		return err
	}
	defer dir.Close()
	findings, err := dist.CheckExtracted(ctx, dir, dist.CheckOptions{Fast: true, Jobs: 1})
	if err != nil {
		return err
	}
	if len(findings) > 0 {
		return fmt.Errorf("its extracted package is broken: %s", findings[0])
	}
	return nil
}
