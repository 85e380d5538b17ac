package cache

import (
	"path"

	"gclean/cache/hold"
	"gclean/meta/dist"
	"gclean/walk"
)

// candidate is an entry before gclean decides whether to remove it.
type candidate struct {
	Entry
	pkg      *hold.Package // set for an extracted package
	folder   bool          // it is a folder, which must be measured
	tree     walk.Tree
	unclear  error      // why its kind could not be determined
	hidden   bool       // it is in an earlier layer of an image
	wanted   bool       // the user asked for its category; others are only read to count links
	leftover bool       // an earlier run began to remove it, so its user agreed to that
	also     walk.Usage // size of the files in Also
	noted    int64      // disk space, in bytes, that the note of an entry in quarantine tells
	note     bool       // beside it is a urls.txt that is removed with the last entry of its folder
	// leadsTo is the folder that the entry leads to if it is a symlink to a folder.
	leadsTo walk.ID
	// nested and prefixes are the packages and environments inside a folder that is not a
	// package itself.
	nested   []*hold.Package
	prefixes []string
}

// id returns the identity of the folder that paths through the entry lead into.
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

// dist returns the distribution of an archive or extracted package, else "".
func (c *candidate) dist() string {
	switch {
	case c.pkg != nil:
		return c.pkg.Dist
	case c.Category == Tarballs, c.Category == PkgsDirs && !c.folder && dist.IsArchive(path.Base(c.Name)):
		return dist.OfArchive(path.Base(c.Name))
	}
	return c.Dist // for a quarantined entry, from its note
}
