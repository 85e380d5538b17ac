package cache

import (
	"errors"
	"io/fs"
	"time"

	"gclean/cache/quarantine"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// Aside is the content of the quarantine of a cache.
type Aside struct {
	Cache Location
	Found []quarantine.Found // sorted by the names of their folders
	Err   error              // why it cannot be read; contains the path
}

// Quarantines reads the quarantines of the discovered caches, each once. The problems are
// what it could not read, or that there is no cache. It returns an error only for a cache
// that the user named; the errors are those of Prepare.
func Quarantines(d *meta.Discovery) ([]Aside, meta.Problems, error) {
	var list []Aside
	var problems meta.Problems
	var missed []string
	seen := map[walk.ID]bool{}
	for _, c := range d.Caches {
		opens, err := openLocations(c.Path, c, d.Homes)
		switch {
		case err == nil:
		case c.Named:
			return nil, nil, err
		case errors.Is(err, fs.ErrNotExist):
			missed = append(missed, c.Path)
		case !errors.Is(err, ErrNotCache):
			problems = append(problems, ProblemWith(c.Path, err, false))
		}
		for _, o := range opens {
			if o.dir == nil {
				if o.err != nil {
					problems = append(problems, ProblemWith(o.loc.Path, o.err, false))
				}
				continue
			}
			if !seen[o.loc.ID] {
				seen[o.loc.ID] = true
				found, err := quarantine.Read(o.dir)
				list = append(list, Aside{o.loc, found, err})
			}
			o.dir.Close()
		}
	}
	if len(missed) == len(d.Caches) {
		problems = append(problems, meta.Problem{Code: CodeNoCache, Err: &NoCacheError{missed}})
	}
	return list, problems, nil
}

// quarantined returns the distributions in quarantine that were asked for, one Package for
// each entry.
func (s *Survey) quarantined() []*Package {
	caches := numbersOf(s.plan.Caches)
	var list []*Package
	for _, e := range s.entries {
		if e.Category != Quarantined || !s.o.selects(e.Dist) {
			continue
		}
		p := &Package{Cache: s.plan.Caches[caches.of(e)], Dist: e.Dist, Aside: &e.Entry, Apparent: e.Usage.Apparent, Freed: e.Usage.Freed(), Inodes: e.Usage.Inodes}
		p.Name, p.Version, p.Build = dist.Split(p.Dist)
		p.Changed = time.Unix(0, e.Stat.Mtime)
		list = append(list, p)
	}
	return list
}
