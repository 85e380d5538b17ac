package hold

import (
	"path/filepath"

	"gclean/walk"
)

// Package is an extracted package that may be held: what is asked about.
type Package struct {
	Cache string // path of the cache
	Name  string // slash-separated path below the cache
	Dist  string // name-version-build, by the name of the folder
	// ID is the identity of the folder that paths through the package lead into:
	// where Name is a symlink, of what it leads to.
	ID walk.ID
	// Payload says that there is something in it besides info/.
	Payload bool
	// Linked says that a file of it has a hard link outside of all that was read.
	Linked bool
	// Err is what stood in the way of reading it whole.
	Err error
	// Proof is a hard link from an environment, where Probe found one: the
	// package needs not be read then.
	Proof *Hold
}

// Path is the path of the package.
func (p *Package) Path() string { return filepath.Join(p.Cache, filepath.FromSlash(p.Name)) }
