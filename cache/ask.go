package cache

import (
	"context"
	"path"
	"path/filepath"
	"strings"

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
	h.Force, h.KeepInstalled = s.plan.Has(PkgsDirs), s.o.KeepInstalled
	above, doubts := hold.PrefixesAbove(s.envs)
	s.above = above
	if !s.o.IgnoreUnreadable {
		h.Doubts = hold.NewDoubts(s.o.Discovery, s.envs)
		h.Doubts.Unreadable = append(h.Doubts.Unreadable, doubts...)
	}
	var open []*hold.Package
	for _, e := range s.entries {
		if !e.wanted {
			continue
		}
		if e.pkg != nil && !h.Certain(e.pkg) {
			open = append(open, e.pkg)
		}
		open = append(open, e.nested...)
	}
	if err := parallel.Each(ctx, s.o.Jobs, open, func(p *hold.Package) error {
		p.Index = s.readIndex(ctx, p)
		return nil
	}); err != nil {
		return err
	}
	return h.Resolve(ctx, open)
}

// readIndex is name-version-build as info/index.json has it; "" where it cannot
// be read, and the package may have any name.
func (s *Survey) readIndex(ctx context.Context, p *hold.Package) string {
	index, err := dist.ReadIndex(ctx, dist.Extracted{Dir: s.open(p.Cache).Dir, Path: p.Name})
	if err != nil {
		return ""
	}
	return index.Dist()
}

// findEnvironments notes the environments inside a package: those that have a
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
				e.pkg.Environments = append(e.pkg.Environments, filepath.Join(e.Dir, filepath.FromSlash(in)))
				break
			}
		}
	}
}

// softLinks are the caches into which environments have symlinks, or may have
// them: users whom nobody can find then keep packages in them.
type softLinks struct {
	allowed bool            // a configuration allows them
	used    map[string]bool // by path of the cache
}

func (s *Survey) newSoftLinks() softLinks {
	l := softLinks{used: map[string]bool{}}
	if c := s.o.Discovery.Config; c != nil {
		l.allowed = c.SoftLinks != ""
	}
	for _, c := range s.opens {
		l.used[c.Path] = s.memory.Holds(c.Path)
	}
	return l
}

// note learns from what holds an entry.
func (l softLinks) note(e *candidate, holds []hold.Hold) {
	for _, h := range holds {
		if h.Reason == hold.SoftLinked || h.Reason == hold.SymlinkFound {
			l.used[e.Dir] = true
		}
	}
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
			s.problem(meta.Problem{Code: CodeUnreadableEnv, Path: env.Prefix, Err: &UnaskedError{Path: env.Prefix, Err: env.Err}, Doubt: kept[hold.UnreadableEnv]})
		}
	}
	for _, p := range s.o.Discovery.Unread {
		s.problem(meta.Problem{Code: meta.CodeUnreadableList, Path: p.Path, Err: &UnaskedError{Path: p.Path, Err: p.Err}, Doubt: kept[hold.UnreadableEnv]})
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
		if c.Family != RattlerIndex && c.Family != Notices && (p.User == nil && meta.OthersCanRead(c.Path) || p.User != nil && p.User.CanRead(c.Path)) {
			return true
		}
	}
	return false
}

// UnaskedError says that an environment, or a list of them, could not be read.
type UnaskedError struct {
	Path string
	Err  error
}

func (e *UnaskedError) Error() string {
	return e.Path + ": it cannot be read, so nothing is known of the packages it uses: " + strings.TrimPrefix(e.Err.Error(), e.Path+": ")
}

// Unwrap gives Err.
func (e *UnaskedError) Unwrap() error { return e.Err }
