package cache

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gclean/cache/hold"
	"gclean/internal/parallel"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// Package is a distribution in a cache: its archives, its extracted package, or both.
type Package struct {
	Cache Location
	Dist  string
	// Name, Version and Build are the parts of Dist. Version and Build are empty if Dist
	// does not have three parts.
	Name, Version, Build string
	Channel              string // URL or name, with the subdir if the writer added it; "" if unknown
	Subdir               string // "" if unknown
	URL                  string // URL of the archive; "" if unknown

	Archives  []*Entry // complete ones first, .conda before .tar.bz2
	Extracted *Entry   // nil if it is not extracted
	// Half says that Extracted lacks its info/index.json, so that no tool uses it.
	Half bool

	Apparent int64     // bytes: the sum of file sizes
	Freed    int64     // bytes that df would gain if only this package were removed
	Inodes   int64     // inodes that this would free: files and folders
	Changed  time.Time // when the archive or the folder was last written

	// Environments are the prefixes that use Extracted, sorted: by a hard link, by
	// symlinks, or by a record if the package has nothing to link.
	Environments []string
	// Holds are what keeps Extracted from being removed. They may include more than the
	// known environments.
	Holds []hold.Hold

	// Aside is the entry in quarantine that this Package describes, or nil. If set,
	// Archives and Extracted are empty.
	Aside *Entry

	// SoftLinked says that an environment has symlinks into Extracted.
	SoftLinked bool

	extracted *candidate
	archives  []*candidate
}

// Held reports whether gclean would keep Extracted.
func (p *Package) Held() bool { return len(p.Holds) > 0 }

// List returns the distributions in the caches, also in read-only ones, sorted by cache and
// name; those in quarantine come at the end. The problems say what could not be read. The
// errors are those of NewSurvey.
func List(ctx context.Context, o ListOptions) ([]*Package, meta.Problems, error) {
	s, list, err := NewSurvey(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	for _, p := range list {
		if p.extracted != nil && len(p.Holds) == 0 {
			p.Holds = s.immovable(p.extracted)
		}
	}
	return append(list, s.quarantined()...), s.Problems(), nil
}

// immovable returns why this process cannot remove e, although nothing holds it.
func (s *Survey) immovable(e *candidate) []hold.Hold {
	if s.open(e.Dir).ReadOnly != nil { // then no folder in it can be emptied
		return []hold.Hold{{Reason: InReadOnlyCache}}
	}
	if e.tree.Sealed != nil {
		return []hold.Hold{{Reason: Sealed, Err: e.tree.Sealed}}
	}
	return nil
}

// NewSurvey surveys the distributions in the caches, also in read-only ones. The caches
// stay open until Close. The errors are those of Prepare, and ErrPattern.
func NewSurvey(ctx context.Context, o ListOptions) (*Survey, []*Package, error) {
	for _, pattern := range o.Dists {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", pattern, ErrPattern)
		}
	}
	s := newSurvey(surveyOptions{
		Options:    Options{Look: o.Look, Targets: []Category{Tarballs, Packages}},
		measureAll: true, look: true, dists: o.Dists,
	})
	list, err := s.packages(ctx)
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return s, list, nil
}

func (s *Survey) packages(ctx context.Context) ([]*Package, error) {
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	list := s.joined()
	of := make(map[*candidate]*Package)
	for _, p := range list {
		for _, e := range p.parts() {
			of[e] = p
		}
	}
	s.links.Inodes(func(n walk.Inode) bool {
		first := of[s.linked[n.Trees[0]]]
		same := !slices.ContainsFunc(n.Trees, func(t int) bool { return of[s.linked[t]] != first })
		if n.Outside() <= 0 && same && first != nil {
			s.linked[n.Trees[0]].Usage.Add(n.Usage())
		}
		return true
	})
	if err := s.ask(ctx); err != nil {
		return nil, err
	}
	links := s.newSoftLinks()
	err := parallel.Each(ctx, s.o.Jobs, list, func(p *Package) error {
		c := s.open(p.Cache.Path)
		s.describe(ctx, p, c.Dir, c.URLs(ParentOf(p.parts()[0].Name)))
		return s.whoHolds(ctx, p, links)
	})
	return list, err
}

// joined groups the entries that were asked for by distribution.
func (s *Survey) joined() []*Package {
	type key struct{ dir, dist, folder string }
	index := make(map[key]*Package)
	order := numbersOf(s.plan.Caches)
	var list []*Package
	for _, e := range s.entries {
		distribution := e.dist()
		if distribution == "" || e.leftover || e.Category == Tarballs && e.folder || e.Category != Tarballs && e.Category != Packages || !s.o.selects(distribution) {
			continue
		}
		// The same distribution in another folder of the cache is another package.
		k := key{filepath.Join(e.Dir, path.Dir(e.Name)), distribution, ""}
		if base := path.Base(e.Name); e.Category == Packages && base != distribution {
			k.folder = base // rattler has one folder for each source of a download
		}
		p := index[k]
		if p == nil {
			p = &Package{Dist: distribution}
			p.Name, p.Version, p.Build = dist.Split(distribution)
			p.Cache = s.plan.Caches[order[e.Dir]]
			index[k] = p
			list = append(list, p)
		}
		if e.Category == Tarballs {
			p.archives = append(p.archives, e)
		} else {
			p.extracted = e
		}
	}
	slices.SortStableFunc(list, func(a, b *Package) int {
		return cmp.Or(cmp.Compare(order[a.Cache.Path], order[b.Cache.Path]), strings.Compare(a.Dist, b.Dist))
	})
	for _, p := range list {
		slices.SortFunc(p.archives, func(a, b *candidate) int {
			return cmp.Or(cmp.Compare(archiveRank(a.Name), archiveRank(b.Name)), strings.Compare(a.Name, b.Name))
		})
	}
	return list
}

func archiveRank(name string) int {
	switch {
	case dist.IsPartial(name):
		return 2
	case strings.HasSuffix(name, ".conda"):
		return 0
	}
	return 1
}

// selects reports whether dist was asked for.
func (o surveyOptions) selects(distribution string) bool {
	return len(o.dists) == 0 || slices.ContainsFunc(o.dists, func(pattern string) bool { return dist.Selects(pattern, distribution) })
}

// Entries returns the archives of p and the extracted package.
func (p *Package) Entries() []*Entry {
	var list []*Entry
	for _, e := range p.parts() {
		list = append(list, &e.Entry)
	}
	return list
}

// parts returns the entries of p.
func (p *Package) parts() []*candidate {
	list := slices.Clone(p.archives)
	if p.extracted != nil {
		list = append(list, p.extracted)
	}
	return list
}

// describe fills in what p's files say about it.
func (s *Survey) describe(ctx context.Context, p *Package, dir *walk.Dir, urls map[string]dist.DownloadedURL) {
	for _, e := range p.parts() {
		p.Apparent += e.Usage.Apparent
		p.Freed += e.Usage.Freed()
		p.Inodes += e.Usage.Inodes
		if t := time.Unix(0, e.Stat.Mtime); t.After(p.Changed) {
			p.Changed = t
		}
	}
	for _, e := range p.archives {
		p.Archives = append(p.Archives, &e.Entry)
		if u, ok := urls[path.Base(e.Name)]; ok && p.URL == "" {
			p.URL = u.URL
		}
	}
	for _, ending := range dist.Endings() {
		p.URL = cmp.Or(p.URL, urls[p.Dist+ending].URL)
	}
	if p.extracted != nil {
		p.Extracted = &p.extracted.Entry
		if sub, err := dir.OpenBelow(p.extracted.Name); err == nil {
			defer sub.Close()
			if rec, err := dist.ReadRepodataRecord(ctx, dist.Extracted{Dir: sub}); err == nil {
				p.Channel, p.Subdir, p.URL = rec.Channel, rec.Subdir, cmp.Or(rec.URL, p.URL)
			}
			_, err := dist.ReadIndex(ctx, dist.Extracted{Dir: sub})
			p.Half = err != nil
		}
	}
	if p.Channel == "" && p.URL != "" {
		p.Channel = strings.TrimSuffix(p.URL, "/"+path.Base(p.URL))
		p.Subdir = path.Base(p.Channel)
	}
}

// whoHolds finds the environments that use the extracted package of p, and what else keeps
// it.
func (s *Survey) whoHolds(ctx context.Context, p *Package, links softLinks) error {
	if p.extracted == nil {
		return nil
	}
	h := s.holders.Clone()
	var err error
	if p.Environments, p.SoftLinked, err = h.Environments(ctx, p.extracted.pkg); err != nil {
		return err
	}
	if p.Holds, err = s.holds(ctx, p.extracted, h, nil); err == nil && len(p.Holds) == 0 {
		p.Holds = s.unseen(p.extracted, links)
	}
	return err
}
