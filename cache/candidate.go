package cache

import (
	"path"

	"gclean/cache/hold"
	"gclean/meta/dist"
	"gclean/walk"
)

// candidate is an entry before it is decided what becomes of it.
type candidate struct {
	Entry
	pkg      *hold.Package // of an extracted package
	folder   bool          // to be measured
	tree     walk.Tree
	unclear  error      // what stood in the way of telling what it is
	hidden   bool       // it is in an earlier layer of an image
	wanted   bool       // its category was asked for; others are looked at for their links
	leftover bool       // of an earlier run: its removal was agreed to
	also     walk.Usage // what Also takes up
	noted    int64      // disk space, in bytes, of what is in quarantine, by its note
	note     bool       // beside it is a urls.txt that goes with the last entry
	// leadsTo is the folder that a symlink to one leads to.
	leadsTo walk.ID
	// nested and prefixes are the packages and environments in a folder that is
	// no package.
	nested   []*hold.Package
	prefixes []string
}

// id is the identity of what paths through the entry lead into.
func (c *candidate) id() walk.ID {
	if c.leadsTo != (walk.ID{}) {
		return c.leadsTo
	}
	return c.Stat.ID
}

// isPackage makes the entry an extracted package of distribution.
func (c *candidate) isPackage(distribution string) {
	c.pkg = &hold.Package{Cache: c.Dir, Name: c.Name, Dist: distribution, ID: c.id()}
}

// dist is the distribution of an archive or extracted package; "" for others.
func (c *candidate) dist() string {
	switch {
	case c.pkg != nil:
		return c.pkg.Dist
	case c.Category == Tarballs:
		return dist.OfArchive(path.Base(c.Name))
	}
	return c.Dist // of what is in quarantine, by its note
}
