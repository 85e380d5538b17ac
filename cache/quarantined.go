package cache

import (
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

// Quarantines reads the quarantines of the discovered caches, each once. It returns an
// error only for a cache that the user named; the errors are those of Prepare.
func Quarantines(d *meta.Discovery) ([]Aside, error) {
	var list []Aside
	seen := map[walk.ID]bool{}
	for _, c := range d.Caches {
		opens, err := openLocations(c.Path, c, d.Homes)
		if err != nil && c.Named {
			return nil, err
		}
		for _, o := range opens { // empty after an error, which other commands report
			if o.dir == nil {
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
	return list, nil
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
