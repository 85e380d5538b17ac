package hold

import (
	"path/filepath"

	"gclean/walk"
)

// Package is an extracted package that may be held: what witnesses are asked
// about.
type Package struct {
	Cache string // path of the cache
	Name  string // slash-separated path below the cache
	Dist  string // name-version-build, by the name of the folder
	// Index is name-version-build as its own info/index.json has it; "" where
	// that was not asked, or cannot be read. It differs from Dist where the
	// folder is named after an archive with a name of its own.
	Index string
	// ID is the identity of the folder that paths through the package lead into:
	// where Name is a symlink, of what it leads to.
	ID walk.ID
	// Newest is the newest change time of an inode in it, in nanoseconds since
	// 1970.
	Newest int64
	// Payload says that there is something in it besides info/.
	Payload bool
	// Linked says that a file of it has a hard link outside of all that was read.
	Linked bool
	// Environments are environments inside it that nothing else need know of.
	Environments []string
	// Unlisted says that the folder is there, but does not look like a package now:
	// it is closed, or incomplete. Only what is remembered of it counts.
	Unlisted bool
	// Err is what stood in the way of reading it whole.
	Err error
	// Proof is a hard link from an environment, where Probe found one: the
	// package needs not be read then.
	Proof *Hold
}

// Path is the path of the package.
func (p *Package) Path() string { return filepath.Join(p.Cache, filepath.FromSlash(p.Name)) }

// Folder is the name of its folder.
func (p *Package) Folder() string { return filepath.Base(p.Path()) }

// odd says that a record may name the package by another name than its file's:
// nothing says that folder and content are named alike.
func (p *Package) odd() bool { return p.Index != p.Dist }
