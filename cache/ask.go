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

// ask finds out who may hold the packages that are not known to be hard-linked. Afterwards
// s.holders.Of decides package by package.
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
	var all []*hold.Package // witnesses say which environments use each package, even if its hold is known
	for _, e := range s.entries {
		if e.pkg != nil {
			all = append(all, e.pkg)
		}
		all = append(all, e.nested...)
	}
	return h.AskOthers(ctx, s.o.Witness, hold.Every, all)
}

// evenLinked reports whether hard links keep nothing.
func (s *Survey) evenLinked() bool { return s.o.EvenLinked || s.plan.Has(PkgsDirs) }

// resolve finds out by which other names records may name packages.
func (s *Survey) resolve(ctx context.Context, packages []*hold.Package) error {
	if err := parallel.Each(ctx, s.o.Jobs, packages, func(p *hold.Package) error {
		var err error
		if it := s.itemOf(p.Cache, p.Name); it != nil {
			p.Index = string(it.Index) // the file is aside
		} else if p.Index, err = s.readIndex(ctx, p); err != nil && p.Err == nil {
			p.Err = err
		}
		return nil
	}); err != nil {
		return err
	}
	return s.holders.Resolve(ctx, packages)
}

// readIndex returns name-version-build from the package's info/index.json, or "" if there
// is no valid one; then the package may have any name. It returns only errors of the
// system: the file exists and cannot be read, so it may say something.
func (s *Survey) readIndex(ctx context.Context, p *hold.Package) (string, error) {
	index, err := dist.ReadIndex(ctx, dist.Extracted{Dir: s.open(p.Cache).Dir, Path: p.Name})
	if err != nil {
		return "", unlessNowhere(err)
	}
	return index.Dist(), nil
}

// unlessNowhere returns err if the system says that something exists but cannot be read,
// else nil.
func unlessNowhere(err error) error {
	if errno := syscall.Errno(0); errors.As(err, &errno) && !walk.LeadsNowhere(err) {
		return err
	}
	return nil
}

// findEnvironments notes the environments inside an entry. A conda-meta folder makes an
// environment only if it has a history or a record: packages may contain other files of
// conda-meta.
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

// softLinks knows into which caches environments have symlinks, or may have them. In those
// caches, packages are kept for users whom nobody can find.
type softLinks struct {
	allowed bool            // a configuration allows symlinks
	used    map[string]bool // by path of the cache
	unclear map[string]bool // likewise; a record does not tell whether there are symlinks
}

// softLinksAllowed reports whether a configuration allows symlinks into caches.
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

// note records what the holds of e say about symlinks into its cache.
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

// remembered reports whether a mark may be needed for a cache.
func (l softLinks) remembered(cache string) bool {
	return l.possible(cache) || l.unclear[cache]
}

// possible reports whether somebody unseen may have symlinks into a cache.
func (l softLinks) possible(cache string) bool { return l.allowed || l.used[cache] }

// unseen returns the holds that keep e for users whom nobody can find.
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

// tellDoubts adds to the problems which environments, lists and users could not be asked.
// kept has the reasons of doubt that keep at least one entry.
func (s *Survey) tellDoubts(kept map[hold.Reason]bool) {
	if !s.plan.Has(Packages) && !s.plan.Has(PkgsDirs) {
		return // nothing depends on environments
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

// concerns reports whether the unseen users can read any of the caches.
func (s *Survey) concerns(p meta.Problem) bool {
	for _, c := range s.opens {
		if c.Family != RattlerIndex && (p.User == nil && meta.OthersCanRead(c.Path) || p.User != nil && p.User.CanRead(c.Path)) {
			return true
		}
	}
	return false
}

// UnaskedError says that an environment, or a list of environments, could not be read.
type UnaskedError struct {
	Path        string
	Environment bool // false for a list
	Err         error
}

func (e *UnaskedError) Error() string {
	return e.Path + ": it cannot be read, so gclean does not know which packages it uses: " + strings.TrimPrefix(e.Err.Error(), e.Path+": ")
}

// Unwrap returns Err.
func (e *UnaskedError) Unwrap() error { return e.Err }
