package cache

import (
	"context"
	"fmt"

	"gclean/cache/fence"
	"gclean/cache/hold"
	"gclean/meta"
)

// CodeRoundOpen is the code of a problem: hosts are being asked about packages of a
// cache.
const CodeRoundOpen = "round_open"

// Round says of which round a plan is, and what its opener has written down about it.
type Round struct {
	Nonce string
	// Items are what it has fenced, by the path of the cache on this host.
	Items map[string][]fence.Item
	// Older are installers that may have begun before the fence: what those of them who
	// still run can read stays. Others download what is fenced.
	Older []hold.Installer
	// Asked says that this host has been asked before, and Older waited for.
	Asked bool
}

// RoundError says that a round is open in a cache.
type RoundError struct {
	Cache string
	fence.Lease
	Items int
}

func (e *RoundError) Error() string {
	return fmt.Sprintf("%s: a round is open here, and its packages stay: opened by %s on %s (pid %d), its folder is %s", e.Cache, e.User, e.Host, e.PID, e.Dir)
}

// fenced is a round in one cache.
type fenced struct {
	state *fence.State
	items map[string]*fence.Item // of the round that is planned for
	err   error                  // why it is not known what is fenced
}

// readFences finds out what rounds have fenced in the caches.
func (s *Survey) readFences(context.Context) error {
	s.fences = map[string]*fenced{}
	for _, c := range s.opens {
		if c.Family == RattlerIndex {
			continue
		}
		if s.o.Round != nil {
			f := &fenced{items: map[string]*fence.Item{}}
			items := s.o.Round.Items[c.Path]
			for i := range items {
				f.items[string(items[i].Name)] = &items[i]
			}
			s.fences[c.Path] = f
			continue
		}
		state, err := fence.Read(c.Dir)
		switch {
		case err != nil:
			err = fmt.Errorf("%s: it is not known what a round has fenced here: %w", c.Path, err)
			s.fences[c.Path] = &fenced{err: err}
			s.problem(meta.Problem{Code: CodeRoundOpen, Path: c.Path, Err: err, Doubt: true})
		case state != nil:
			s.fences[c.Path] = &fenced{state: state}
			s.problem(meta.Problem{Code: CodeRoundOpen, Path: c.Path, Err: &RoundError{c.Path, state.Lease, len(state.Items)}})
		}
	}
	return nil
}

// itemOf is the item that a package is to a round; nil where it is none.
func (s *Survey) itemOf(cache, name string) *fence.Item {
	f := s.fences[cache]
	switch {
	case f == nil:
		return nil
	case s.o.Round != nil:
		return f.items[name]
	}
	return f.state.Of(name)
}

// isOfRound says whether e is an extracted package that the planned round has fenced.
func (s *Survey) isOfRound(e *candidate) bool {
	it := s.itemOf(e.Dir, e.Name)
	return it != nil && it.Kind == fence.Package && e.pkg != nil && it.Ino == e.Stat.ID.Ino
}

// byRound is what keeps e because of a round. Either another run has opened one, or
// installers run that are older than the fence of this one.
func (s *Survey) byRound(e *candidate) []hold.Hold {
	if s.o.Round == nil {
		if err := s.fenceOf(&e.Entry); err != nil {
			return []hold.Hold{{Reason: hold.Fenced, Err: err}}
		}
		return nil
	}
	if s.o.NothingRuns || s.o.Round.Asked {
		return nil
	}
	if err := s.watch.Older(e.Dir, s.fsKindOf(e.Dir), s.o.Round.Older); err != nil {
		return []hold.Hold{{Reason: hold.InstallerRunning, Err: err}}
	}
	return nil
}

// fenceOf says which round keeps an entry; nil is none.
func (s *Survey) fenceOf(e *Entry) error {
	f := s.fences[e.Dir]
	switch {
	case f == nil || s.o.Round != nil:
		return nil
	case f.err != nil:
		if e.Category == Packages || e.Category == PkgsDirs || e.Category == Tarballs {
			return f.err
		}
		return nil
	case f.state.Below(e.Name), e.Category == PkgsDirs && e.Name == OwnDir:
		return &RoundError{e.Dir, f.state.Lease, len(f.state.Items)}
	}
	return nil
}
