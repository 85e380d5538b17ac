package cache

import "gclean/walk"

// account adds to the entries that go the disk space of the inodes all of
// whose links go with them.
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
		s.linked[n.Trees[0]].Usage.Disk += n.Disk
		return true
	})
	for e := range goes {
		if e.hidden {
			e.Hidden, e.Usage.Disk = e.Usage.Disk, 0
		}
	}
}
