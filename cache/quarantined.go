package cache

import (
	"time"

	"gclean/cache/quarantine"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// Aside is what is in the quarantine of a cache.
type Aside struct {
	Cache Location
	Found []quarantine.Found // in the order of their folders' names
	Err   error              // why it cannot be told; names the path
}

// Quarantines reads the quarantines of the caches that were discovered, each once. The
// error is of a cache that was named, and is as that of Prepare.
func Quarantines(d *meta.Discovery) ([]Aside, error) {
	var list []Aside
	seen := map[walk.ID]bool{}
	for _, c := range d.Caches {
		opens, err := openLocations(c.Path, c, d.Homes)
		if err != nil && c.Named {
			return nil, err
		}
		for _, o := range opens { // none where there is an error: other commands tell of it
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

// quarantined are the distributions of o that are in quarantine, each entry by itself.
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
