package cache

import "gclean/walk"

// account adds, to the entries to remove, the inodes that lose all their links with them.
// It adds up the entries that remain in quarantine.
func (s *Survey) account(goes map[*candidate]bool) {
	s.links.Inodes(func(n walk.Inode) bool {
		if n.Outside() > 0 {
			return true
		}
		for _, tree := range n.Trees {
			if !goes[s.linked[tree]] {
				return true
			}
		}
		s.linked[n.Trees[0]].Usage.Add(n.Usage())
		return true
	})
	for _, e := range s.entries {
		if e.Category == Quarantined && !goes[e] {
			s.plan.Aside += e.noted
		}
	}
	for e := range goes {
		if e.hidden {
			e.Hidden = e.Usage.Freed()
			e.Usage.Disk, e.Usage.Shared, e.Usage.Inodes = 0, 0, 0
		}
	}
}
