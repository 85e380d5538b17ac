package cache

import (
	"context"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/meta/channel"
	"gclean/walk"
)

// Explanation says everything that holds one entry.
type Explanation struct {
	Entry  *Entry
	Dist   string      // name-version-build
	Family Family      // of its cache
	Holds  []hold.Hold // everything known to hold it, and the doubts; empty if it is free
	// Unaccounted is how many of its files have links outside the caches that no known
	// environment accounts for.
	Unaccounted int
	Example     string // path of one of those files
}

// Answer is the result of Explain.
type Answer struct {
	Entries  []Explanation
	Unknown  []string // patterns that match nothing
	Problems meta.Problems
	Asked    Asked
}

// Free reports whether nothing holds the entry.
func (x *Explanation) Free() bool { return len(x.Holds) == 0 }

// Doubt reports whether only doubts hold the entry.
func (x *Explanation) Doubt() bool { return !x.Free() && Kept{Holds: x.Holds}.Doubt() }

// Explain says what holds the archives and packages that patterns match, in the order of
// plans, then those in quarantine. Unlike Prepare it asks every environment, and does not stop at the first hold. A
// pattern has the syntax of path.Match. It matches a distribution, the name of an entry, or
// the name of a package without its version. Patterns that match nothing are in Unknown.
// The errors are those of Prepare.
func Explain(ctx context.Context, o Look, patterns []string) (*Answer, error) {
	s := newSurvey(surveyOptions{Options: Options{Look: o, Targets: []Category{Tarballs, Packages}}, measureAll: true, look: true})
	defer s.Close()
	for _, step := range []func(context.Context) error{s.openCaches, s.readFences, s.remember, s.listCaches} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	answer := &Answer{Asked: s.asked()}
	found := s.match(patterns)
	for _, p := range patterns {
		if !slices.ContainsFunc(found, func(e *candidate) bool { return matches(e, p) }) {
			answer.Unknown = append(answer.Unknown, p)
		}
	}
	if len(found) == 0 {
		answer.Problems = s.plan.Problems
		return answer, nil
	}
	for _, step := range []func(context.Context) error{s.probe, s.measure} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.ask(ctx); err != nil {
		return nil, err
	}
	links := s.newSoftLinks()
	outside := s.outside(found)
	families := map[string]Family{}
	for _, loc := range s.plan.Caches {
		families[loc.Path] = loc.Family
	}
	for _, e := range found {
		x := Explanation{Entry: &e.Entry, Dist: e.dist(), Family: families[e.Dir]}
		if err := s.explain(ctx, e, outside, links, &x); err != nil {
			return nil, err
		}
		answer.Entries = append(answer.Entries, x)
	}
	answer.Problems = s.plan.Problems
	return answer, nil
}

// Names returns the distributions in the caches, sorted. It measures nothing and asks
// nobody. The errors are those of Prepare.
func Names(ctx context.Context, o Look) ([]string, error) {
	list, _, err := Unmatching(ctx, o, Policy{})
	return list, err
}

// Unmatching returns the distributions in the caches, as Names does, and the patterns of p
// that match nothing in them. For patterns with a channel, it reads the records of packages.
func Unmatching(ctx context.Context, o Look, p Policy) (names []string, unmatched []Unmatched, err error) {
	s := newSurvey(surveyOptions{Options: Options{Look: o, Targets: []Category{Tarballs, Packages}}, look: true})
	defer s.Close()
	for _, step := range []func(context.Context) error{s.openCaches, s.listCaches} {
		if err := step(ctx); err != nil {
			return nil, nil, err
		}
	}
	known := map[*candidate]channel.Channel{}
	unmatched = p.unmatched(s.named(), func(e *candidate) channel.Channel {
		from, ok := known[e]
		if !ok && ctx.Err() == nil {
			from = s.channelOf(ctx, e)
			known[e] = from
		}
		return from
	})
	return s.names(), unmatched, ctx.Err()
}

// named returns the listed entries that are a distribution.
func (s *Survey) named() []*candidate {
	return slices.DeleteFunc(slices.Clone(s.entries), func(e *candidate) bool { return e.dist() == "" || !subject(e) })
}

// names returns the distributions of the listed entries, sorted.
func (s *Survey) names() []string {
	var list []string
	for _, e := range s.named() {
		list = append(list, e.dist())
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// match returns the entries that patterns match, cache by cache: packages, then archives,
// then what is in quarantine.
func (s *Survey) match(patterns []string) []*candidate {
	var list []*candidate
	for _, c := range []Category{Packages, Tarballs, Quarantined} {
		for _, e := range s.entries {
			if e.Category == c && slices.ContainsFunc(patterns, func(p string) bool { return matches(e, p) }) {
				list = append(list, e)
			}
		}
	}
	return list
}

func matches(e *candidate, pattern string) bool {
	distribution := e.dist()
	names := []string{distribution, path.Base(e.Shown()), e.Shown()}
	if parts := strings.Split(distribution, "-"); len(parts) > 2 {
		names = append(names, strings.Join(parts[:len(parts)-2], "-"))
	}
	return slices.ContainsFunc(names, func(name string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

// outside returns the inodes of entries that have links outside the caches, with the number
// of those links.
func (s *Survey) outside(entries []*candidate) map[walk.ID]int64 {
	asked := map[*candidate]bool{}
	for _, e := range entries {
		asked[e] = true
	}
	ids := map[walk.ID]int64{}
	s.links.Inodes(func(n walk.Inode) bool {
		if n.Outside() > 0 && slices.ContainsFunc(n.Trees, func(tree int) bool { return asked[s.linked[tree]] }) {
			ids[n.ID] = n.Outside()
		}
		return true
	})
	return ids
}

// explain fills x with everything that holds e.
func (s *Survey) explain(ctx context.Context, e *candidate, outside map[walk.ID]int64, links softLinks, x *Explanation) error {
	if e.Category == Quarantined {
		x.Holds = []hold.Hold{{Reason: InQuarantine, Err: &AsideError{e.Until}}}
		return nil
	}
	linked, err := linkedFiles(ctx, e, outside)
	if err != nil {
		return err
	}
	explain, p := s.holders.Explain, e.pkg
	if p == nil {
		explain, p = s.holders.ExplainLinks, &hold.Package{Cache: e.Dir, Name: e.Name, Dist: e.dist(), ID: e.id()}
	}
	holds, err := explain(ctx, p, linked)
	if err != nil {
		return err
	}
	x.Holds = append(x.Holds, holds...)
	if s.holders.OthersLink(p) {
		linked = nil // their environments account for some links, but nobody knows how many
	}
	for _, f := range linked {
		if f.Left > 0 {
			if x.Unaccounted++; x.Example == "" || f.Path < x.Example {
				x.Example = f.Path
			}
		}
	}
	if x.Unaccounted > 0 {
		x.Holds = append(x.Holds, hold.Hold{Reason: hold.HardLinked, File: x.Example})
	}
	if e.pkg == nil {
		x.Holds = append(x.Holds, append(s.byWorkers(e), s.immovable(e)...)...)
		return nil
	}
	links.note(e, x.Holds)
	x.Holds = append(append(x.Holds, s.holders.ExplainDoubts(e.pkg)...), s.unseen(e, links)...)
	x.Holds = append(x.Holds, append(s.byWorkers(e), s.immovable(e)...)...)
	return nil
}

// linkedFiles returns the files of e whose inodes are in outside.
func linkedFiles(ctx context.Context, e *candidate, outside map[walk.ID]int64) (map[walk.ID]*hold.LinkedFile, error) {
	files := map[walk.ID]*hold.LinkedFile{}
	if !e.Linked {
		return files, nil
	}
	if !e.folder {
		files[e.Stat.ID] = &hold.LinkedFile{Path: e.Path(), Left: outside[e.Stat.ID]}
		return files, nil
	}
	// Errors were noted when the entry was measured.
	_ = filepath.WalkDir(e.Path(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return ctx.Err()
		}
		if id, err := walk.Identify(path); err == nil && outside[id] > 0 && files[id] == nil {
			files[id] = &hold.LinkedFile{Path: path, Left: outside[id]}
		}
		return nil
	})
	return files, ctx.Err()
}
