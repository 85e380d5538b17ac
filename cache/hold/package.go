package hold

import (
	"path/filepath"

	"gclean/walk"
)

// Package is an extracted package that witnesses are asked about.
type Package struct {
	Cache string // path of the cache
	Name  string // slash-separated path below the cache
	Dist  string // name-version-build, from the name of the folder
	// Index is name-version-build from the package's own info/index.json; "" if it was not
	// read or cannot be. It differs from Dist if the folder is named after a renamed
	// archive.
	Index string
	// Aliases are the names of symlinks to it at the top of the caches, other than Name.
	// Records may name it by them. A package has a limited number of them.
	Aliases []string
	// ID is the identity of the folder that paths through the package lead into. If Name is
	// a symlink, that is its target.
	ID walk.ID
	// Newest is the newest change time of an inode in it, in nanoseconds since 1970.
	Newest int64
	// Payload says that it contains something besides info/.
	Payload bool
	// Linked says that one of its files has a hard link outside everything that was read.
	Linked bool
	// Environments are environments inside it that may be known nowhere else.
	Environments []string
	// Unlisted says that the folder exists, but does not look like a package now: it is
	// closed or incomplete. Only what memory says about it counts.
	Unlisted bool
	// Err is why it could not be read completely.
	Err error
	// Proof is a hard link from an environment, if Probe found one. The package need not be
	// read then.
	Proof *Hold
}

// Path returns the path of the package.
func (p *Package) Path() string { return filepath.Join(p.Cache, filepath.FromSlash(p.Name)) }

// Folder returns the name of its folder.
func (p *Package) Folder() string { return filepath.Base(p.Path()) }

// odd reports whether a record may name the package by another name than the folder's: its
// index.json names another package, or was not read.
func (p *Package) odd() bool { return p.Index != p.Dist }
