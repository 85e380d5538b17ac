package cache

import (
	"context"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gclean/cache/hold"
	"gclean/internal/parallel"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// ask finds out who may hold the packages that no hard link is known to hold.
// What is left to decide is Of, package by package.
func (s *Survey) ask(ctx context.Context) error {
	h := s.holders
	h.Force, h.KeepInstalled = s.evenLinked(), s.o.KeepInstalled
	above, doubts := hold.PrefixesAbove(s.envs)
	s.above = above
	if !s.o.IgnoreUnreadable {
		h.Doubts = hold.NewDoubts(s.o.Discovery, s.envs)
		h.Doubts.Unreadable = slices.Concat(h.Doubts.Unreadable, doubts, s.unread)
	}
	var open []*hold.Package
	for _, e := range s.entries {
		if !e.wanted && !s.o.measureAll {
			continue
		}
		if e.pkg != nil && !h.Certain(e.pkg) {
			open = append(open, e.pkg)
		}
		open = append(open, e.nested...)
	}
	if err := s.resolve(ctx, open); err != nil {
		return err
	}
	if !s.o.measureAll {
		return h.AskOthers(ctx, s.o.Witness, hold.First, open)
	}
	var all []*hold.Package // who uses what is asked of packages in use too
	for _, e := range s.entries {
		if e.pkg != nil {
			all = append(all, e.pkg)
		}
		all = append(all, e.nested...)
	}
	return h.AskOthers(ctx, s.o.Witness, hold.Every, all)
}

// evenLinked says whether hard links do not keep anything.
func (s *Survey) evenLinked() bool { return s.o.EvenLinked || s.plan.Has(PkgsDirs) }

// resolve finds out by which names records may name packages.
func (s *Survey) resolve(ctx context.Context, packages []*hold.Package) error {
	if err := parallel.Each(ctx, s.o.Jobs, packages, func(p *hold.Package) error {
		var err error
		if p.Index, err = s.readIndex(ctx, p); err != nil && p.Err == nil {
			p.Err = err
		}
		return nil
	}); err != nil {
		return err
	}
	return s.holders.Resolve(ctx, packages)
}

// readIndex is name-version-build as info/index.json has it; "" where there is none,
// or no sound one, and the package may have any name. The error is that of the
// system: the index may say something.
func (s *Survey) readIndex(ctx context.Context, p *hold.Package) (string, error) {
	index, err := dist.ReadIndex(ctx, dist.Extracted{Dir: s.open(p.Cache).Dir, Path: p.Name})
	if err != nil {
		return "", unlessNowhere(err)
	}
	return index.Dist(), nil
}

// unlessNowhere is err if the system says that something is there and cannot be read.
func unlessNowhere(err error) error {
	if errno := syscall.Errno(0); errors.As(err, &errno) && !walk.LeadsNowhere(err) {
		return err
	}
	return nil
}

// findEnvironments notes the environments inside an entry: those that have a
// history or a record, and not just files that belong into a conda-meta.
func (s *Survey) findEnvironments(e *candidate) {
	for _, rel := range e.tree.Marked {
		in := path.Join(e.Name, rel)
		dir, err := s.open(e.Dir).Dir.OpenBelow(path.Join(in, meta.CondaMeta))
		if err != nil {
			if !walk.LeadsNowhere(err) && e.tree.Err == nil {
				e.tree.Err = err
			}
			continue
		}
		items, err := dir.ReadDir()
		dir.Close()
		if err != nil && e.tree.Err == nil {
			e.tree.Err = err
		}
		for _, it := range items {
			if _, record := meta.RecordName(it.Name); record || it.Name == "history" {
				s.noteEnvironment(e, filepath.Join(e.Dir, filepath.FromSlash(in)))
				break
			}
		}
	}
}

func (s *Survey) noteEnvironment(e *candidate, prefix string) {
	if e.pkg != nil {
		e.pkg.Environments = append(e.pkg.Environments, prefix)
	} else {
		e.prefixes = append(e.prefixes, prefix)
	}
}

// softLinks are the caches into which environments have symlinks, or may have
// them: users whom nobody can find then keep packages in them.
type softLinks struct {
	allowed bool            // a configuration allows them
	used    map[string]bool // by path of the cache
	unclear map[string]bool // likewise: a record does not tell whether they are
}

// softLinksAllowed says whether a configuration allows symlinks into caches.
func (s *Survey) softLinksAllowed() bool {
	c := s.o.Discovery.Config
	return c != nil && c.SoftLinks != ""
}

func (s *Survey) newSoftLinks() softLinks {
	l := softLinks{allowed: s.softLinksAllowed(), used: map[string]bool{}, unclear: map[string]bool{}}
	for _, c := range s.opens {
		l.used[c.Path] = s.memory.Holds(c.Path)
	}
	return l
}

// note learns from what holds an entry.
func (l softLinks) note(e *candidate, holds []hold.Hold) {
	for _, h := range holds {
		switch h.Reason {
		case hold.SoftLinked, hold.SymlinkFound:
			l.used[e.Dir] = true
		case hold.UnreadableRecord:
			l.unclear[e.Dir] = true
		}
	}
}

// remembered says whether anything may have to be remembered of a cache.
func (l softLinks) remembered(cache string) bool {
	return l.possible(cache) || l.unclear[cache]
}

// possible says whether somebody unseen may have symlinks into a cache.
func (l softLinks) possible(cache string) bool { return l.allowed || l.used[cache] }

// unseen is what keeps e of users whom nobody can find.
func (s *Survey) unseen(e *candidate, l softLinks) []hold.Hold {
	if !l.possible(e.Dir) {
		return nil
	}
	for _, p := range append([]*hold.Package{e.pkg}, e.nested...) {
		if p != nil {
			if holds := s.holders.Unseen(p); len(holds) > 0 {
				return holds
			}
		}
	}
	return nil
}

// tellDoubts adds to the problems which environments, lists and users could not
// be asked. kept says of the reasons of doubt whether they keep anything.
func (s *Survey) tellDoubts(kept map[hold.Reason]bool) {
	if !s.plan.Has(Packages) && !s.plan.Has(PkgsDirs) {
		return // nothing depends on them
	}
	for _, env := range s.envs {
		if env.Err != nil {
			s.problem(meta.Problem{Code: CodeUnreadableEnv, Path: env.Prefix, Err: &UnaskedError{Path: env.Prefix, Environment: true, Err: env.Err}, Doubt: kept[hold.UnreadableEnv]})
		}
	}
	for _, p := range s.o.Discovery.Unread {
		s.problem(meta.Problem{Code: meta.CodeUnreadableList, Path: p.Path, Err: &UnaskedError{Path: p.Path, Err: p.Err}, Doubt: kept[hold.UnreadableEnv]})
	}
	for _, d := range s.unread {
		s.problem(meta.Problem{Code: CodeUnreadableMark, Path: d.File, Err: &UnaskedError{Path: d.File, Err: d.Err}, Doubt: kept[hold.UnreadableEnv]})
	}
	for _, p := range s.o.Discovery.Unseen {
		if kept[hold.UnseenUsers] || s.concerns(p) {
			s.problem(meta.Problem{Code: meta.CodeUnseenUsers, Path: p.Path, Err: p.Err, Doubt: kept[hold.UnseenUsers], Unseen: true})
		}
	}
}

// concerns says whether somebody unseen can read any of the caches.
func (s *Survey) concerns(p meta.Problem) bool {
	for _, c := range s.opens {
		if c.Family != RattlerIndex && (p.User == nil && meta.OthersCanRead(c.Path) || p.User != nil && p.User.CanRead(c.Path)) {
			return true
		}
	}
	return false
}

// UnaskedError says that an environment, or a list of them, could not be read.
type UnaskedError struct {
	Path        string
	Environment bool // not a list
	Err         error
}

func (e *UnaskedError) Error() string {
	return e.Path + ": it cannot be read, so gclean does not know which packages it uses: " + strings.TrimPrefix(e.Err.Error(), e.Path+": ")
}

// Unwrap gives Err.
func (e *UnaskedError) Unwrap() error { return e.Err }
