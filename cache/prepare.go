package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// Prepare reads the caches and environments and plans a run. It changes nothing. It returns
// an error only for wrong usage, or if ctx ends. Wrong usage is ErrNotCache, ErrRefused or
// fs.ErrNotExist for a cache that the user named. Everything else that goes wrong is in the
// plan's problems.
func Prepare(ctx context.Context, o Options) (*Plan, error) {
	if err := o.Policy.Check(); err != nil {
		return nil, err
	}
	s := newSurvey(surveyOptions{Options: o})
	defer s.Close()
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	if err := s.decide(ctx); err != nil {
		return nil, err
	}
	s.show()
	s.plan.Took = o.now().Sub(s.plan.Made)
	return s.plan, nil
}

// Again makes the plan of o again, from what is on the host now. own are the lock files
// that this run holds.
func (o Options) Again(ctx context.Context, own map[walk.ID]bool) (*Plan, error) {
	var err error
	if o.Discovery, err = o.Discovery.Again(ctx); err != nil {
		return nil, err
	}
	o.Own = own
	return Prepare(ctx, o)
}

// Changed reports whether environments, records, lists or installers have changed since p
// was made. It does not look for new environments below searched folders: that takes too
// long to repeat for each cache.
func (o Options) Changed(ctx context.Context, p *Plan) (bool, error) {
	if !o.NothingRuns {
		sys := o.system()
		for _, i := range hold.Installers(sys.Processes, sys.Own) {
			if !slices.Contains(p.installers, i.PID) {
				return true, nil
			}
		}
	}
	return p.Discovery.Changed(ctx)
}

// decide decides for each entry that was asked for whether to remove it.
func (s *Survey) decide(ctx context.Context) error {
	if err := s.ask(ctx); err != nil {
		return err
	}
	temp := newTempOwners(s.envs, s.entries)
	links := s.newSoftLinks()
	held := make([][]hold.Hold, len(s.entries))
	for i, e := range s.entries {
		if !e.wanted {
			continue
		}
		var err error
		if held[i], err = s.holds(ctx, e, s.holders, temp); err != nil {
			return err
		}
		links.note(e, held[i])
	}
	kept := map[string]bool{} // caches that keep something
	doubts := map[hold.Reason]bool{}
	goes := map[*candidate]bool{}
	var marking []*candidate
	for i, e := range s.entries {
		if !e.wanted {
			continue
		}
		e.Dist = e.dist()
		holds := held[i]
		if len(holds) == 0 {
			holds = s.unseen(e, links)
		}
		if len(holds) == 0 {
			holds = s.byWorkers(e)
		}
		if len(holds) == 0 {
			holds = s.sealed(e)
		}
		if len(holds) > 0 {
			k := Kept{Entry: &e.Entry, Holds: holds}
			s.plan.Kept = append(s.plan.Kept, k)
			kept[e.Dir] = true
			if k.Doubt() {
				for _, h := range holds {
					doubts[h.Reason] = true
				}
			}
			continue
		}
		if e.IsMark() || e.Category == PkgsDirs && e.Name == OwnDir {
			marking = append(marking, e)
			continue
		}
		goes[e] = true
		s.plan.Remove = append(s.plan.Remove, &e.Entry)
	}
	s.narrow(ctx, goes)
	if err := s.keepNeeded(ctx, goes); err != nil {
		return err
	}
	s.makeRoom(goes)
	s.putAside(goes)
	s.sort()
	noteCompanions(s.entries, goes)
	// A cache keeps its marks as long as anything else is in it. They are removed at the
	// end, so that an interrupted run leaves something that is still a cache.
	for _, e := range marking {
		if !kept[e.Dir] {
			goes[e] = true
			s.plan.Remove = append(s.plan.Remove, &e.Entry)
		}
	}
	s.account(goes)
	s.tellDoubts(doubts)
	s.tellBusy()
	s.tellOtherHosts()
	var err error
	s.plan.Marks, err = s.marks(ctx, goes, links)
	return err
}

// putAside sets Until of archives and packages that move to the quarantine, because a user
// may miss them. Nobody misses partial downloads.
func (s *Survey) putAside(goes map[*candidate]bool) {
	if s.o.Quarantine <= 0 {
		return
	}
	for e := range goes {
		if subject(e) && !dist.IsPartial(e.Name) && (e.Category == Packages || !e.folder) {
			e.Until = s.plan.Made.Add(s.o.Quarantine)
		}
	}
}

// sealed keeps an entry whole that this process could empty only in part. It also adds a
// problem: the user asked for the entry, and nothing uses it.
func (s *Survey) sealed(e *candidate) []hold.Hold {
	err := e.tree.Sealed
	if err == nil {
		return nil
	}
	s.problem(meta.Problem{
		Code: CodeForeignFolder, Path: e.Path(), Failed: true,
		Err: fmt.Errorf("cannot remove %s: %w", e.Path(), walk.Advise(err)),
	})
	return []hold.Hold{{Reason: Sealed, Err: err}}
}

// holds returns what keeps one entry.
func (s *Survey) holds(ctx context.Context, e *candidate, h *hold.Holders, temp *tempOwners) ([]hold.Hold, error) {
	if prefix, ok := s.above[e.id()]; ok && (e.folder || e.leadsTo != walk.ID{}) {
		return []hold.Hold{{Reason: hold.HoldsEnvironment, Prefix: prefix}}, nil
	}
	for _, prefix := range e.prefixes {
		return []hold.Hold{{Reason: hold.HoldsEnvironment, Prefix: prefix}}, nil
	}
	for _, n := range e.nested {
		if holds, err := h.Of(ctx, n); err != nil || len(holds) > 0 {
			return holds, err
		}
	}
	switch {
	case e.pkg != nil:
		return h.Of(ctx, e.pkg)
	case e.tree.Err != nil && !errors.Is(e.tree.Err, fs.ErrPermission):
		return []hold.Hold{{Reason: hold.UnreadableEntry, Err: e.tree.Err}}, nil
	case e.unclear != nil && e.tree.Err == nil:
		return []hold.Hold{{Reason: hold.UnreadableEntry, Err: e.unclear}}, nil
	case e.Category == Tarballs && e.Linked && !s.o.EvenLinked:
		return []hold.Hold{{Reason: hold.HardLinked}}, nil
	case e.Category == Locks:
		return s.locked(e), nil
	case e.Category == TempFiles, IsTrashFile(e.Name):
		return temp.of(ctx, e)
	}
	return nil, nil
}
