package hold

import (
	"context"

	"gclean/meta"
	"gclean/meta/dist"
)

// evidence answers the questions that decide whether an extracted package is held. Each
// method reads no more than it needs.
type evidence interface {
	// link returns what the record says about where its package is.
	link(env *meta.Environment, record string) (dist.RecordLink, error)
	// origin returns everything the record says about which package it was made from.
	// Several goroutines may call it at a time.
	origin(env *meta.Environment, record string) (dist.RecordOrigin, error)
	// names reports whether path, taken from a record, is the package. If nothing is at
	// path any more (the cache was moved), that cannot be told, and names returns true.
	names(path string, p *Package) bool
	// symlinkInto returns a file of the record that leads into the package by symlinks, or
	// "".
	symlinkInto(ctx context.Context, env *meta.Environment, record string, p *Package) (string, error)
	// sharedFile returns one of the record's first files that is the same inode as its
	// namesake in the package, or "". Several goroutines may call it at a time.
	sharedFile(env *meta.Environment, record string, p *Package) string
	// bare returns, for each package that it reaches, one symlink into it from an
	// environment without records.
	bare(ctx context.Context, env *meta.Environment, packages []*Package) (map[*Package]string, error)
}
