package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gclean/cache/hold"
	"gclean/internal/parallel"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
	"gclean/walk/mounts"
)

// NewReport reads everything in the caches, and finds out who uses it. It changes nothing.
// The report is based on the plan that Prepare makes for All: what is free in the report is
// what that plan would remove. The errors are those of Prepare.
func NewReport(ctx context.Context, o ReportOptions) (*Report, error) {
	s := newSurvey(surveyOptions{Options: Options{Look: o.Look, Targets: All(), TempPaths: o.TempPaths}, measureAll: true})
	defer s.Close()
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	usage := s.usage()
	if err := s.decide(ctx); err != nil {
		return nil, err
	}
	r := &Report{
		Made:   s.plan.Made,
		Host:   o.Host,
		Caches: s.plan.Caches,
		Free:   SizesOf(s.plan.Remove),
		Doubt:  s.plan.Doubt(),
	}
	for _, x := range s.plan.Problems {
		if !errors.Is(x.Err, ErrReadOnly) { // reading such a cache is no problem
			r.Problems = append(r.Problems, x)
		}
	}
	if err := s.items(ctx, r, usage); err != nil {
		return nil, err
	}
	for i, loc := range r.Caches {
		r.ByCache = append(r.ByCache, CacheUse{Cache: i, Identity: s.identity(loc, o.Machine), Host: o.Host})
	}
	spaces := make([]walk.Space, len(s.opens))
	for i, c := range s.opens {
		var err error
		if spaces[i], err = c.Dir.Space(); err != nil {
			r.Problems = append(r.Problems, meta.Problem{Code: CodeSpaceUnknown, Path: c.Path, Err: err})
		}
	}
	r.addUp(spaces, o.Discovery)
	return r, nil
}

// identity returns a name that distinguishes a cache from all others. On a network file
// system the name comes from the server, so that it is the same on all hosts. Otherwise it
// includes the machine.
func (s *Survey) identity(loc Location, machine string) string {
	path, err := walk.Real(loc.Path)
	if err != nil {
		path = loc.Path
	}
	if m, ok := s.mounts.At(path); ok && mounts.KindOf(m.Type) == mounts.Network {
		// The path on the server, whichever part of it is mounted: server:/export/pkgs.
		kind := strings.Replace(m.Type, "nfs4", "nfs", 1) // independent of the version that a host uses
		return fmt.Sprintf("%s %s inode %d", kind, strings.TrimSuffix(m.Source, "/")+"/"+strings.TrimPrefix(m.Inside(path), "/"), loc.ID.Ino)
	}
	return fmt.Sprintf("local %s %s inode %d", machine, path, loc.ID.Ino)
}

// usage returns what each entry takes up. An inode with links from several entries counts
// in the first.
func (s *Survey) usage() map[*candidate]walk.Usage {
	m := make(map[*candidate]walk.Usage, len(s.entries))
	for _, e := range s.entries {
		u := e.Usage
		if e.Category == TempFiles && e.Stat.Nlink > 1 {
			u.Disk, u.Inodes = e.Stat.Disk, 1 // temp files are not in s.links
		}
		m[e] = u
	}
	s.links.Inodes(func(n walk.Inode) bool {
		first := s.linked[n.Trees[0]]
		u := m[first]
		u.Add(n.Usage())
		m[first] = u
		return true
	})
	return m
}

// items makes the items of the report, after the plan is decided.
func (s *Survey) items(ctx context.Context, r *Report, usage map[*candidate]walk.Usage) error {
	goes := make(map[*Entry]bool, len(s.plan.Remove))
	for _, e := range s.plan.Remove {
		goes[e] = true
	}
	kept := make(map[*Entry][]hold.Hold, len(s.plan.Kept))
	for _, k := range s.plan.Kept {
		kept[k.Entry] = k.Holds
	}
	above := newAbove(s.entries)
	var entries []*candidate
	for _, e := range s.entries {
		if !above.has(e) {
			entries = append(entries, e)
		}
	}
	caches := numbersOf(s.plan.Caches)
	slices.SortStableFunc(entries, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(caches.of(a), caches.of(b)),
			strings.Compare(a.Dir, b.Dir), strings.Compare(a.Name, b.Name))
	})
	r.Items = make([]*Item, len(entries))
	return parallel.Times(ctx, s.o.Jobs, len(entries), func(i int) error {
		e := entries[i]
		it := &Item{
			Entry: &e.Entry, Cache: caches.of(e), Disk: usage[e].Disk, Inodes: usage[e].Inodes, UID: e.Owner(), Host: r.Host, LastUsed: time.Unix(0, e.Newest),
		}
		r.Items[i] = it
		it.Dist = e.dist()
		if it.Dist != "" {
			it.Name, it.Version, it.Build = dist.Split(it.Dist)
		}
		var err error
		if e.Category == Packages && e.pkg != nil && !e.leftover {
			if it.Environments, _, err = s.holders.Clone().Environments(ctx, e.pkg); err != nil {
				return err
			}
		}
		if goes[&e.Entry] {
			it.Freed, it.FreedInodes = e.Usage.Freed(), e.Usage.Inodes
			return nil
		}
		if it.Holds = kept[&e.Entry]; it.Holds == nil {
			if it.Holds, err = s.notAsked(ctx, e); err != nil {
				return err
			}
		}
		it.State = StateOf(it.Holds)
		return nil
	})
}

// notAsked returns why --all keeps an entry that it does not ask for.
func (s *Survey) notAsked(ctx context.Context, e *candidate) ([]hold.Hold, error) {
	if e.Category == Packages {
		holds, err := s.holds(ctx, e, s.holders.Clone(), nil)
		if err != nil || len(holds) > 0 {
			return holds, err
		}
	}
	switch e.Category {
	case Locks:
		return []hold.Hold{{Reason: NotInAll}}, nil
	case Quarantined:
		return []hold.Hold{{Reason: InQuarantine, Err: &AsideError{e.Until}}}, nil
	}
	return []hold.Hold{{Reason: InReadOnlyCache}}, nil
}
