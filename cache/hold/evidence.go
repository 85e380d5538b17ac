package hold

import (
	"context"

	"gclean/meta"
	"gclean/meta/dist"
)

// evidence answers the questions on which it depends whether an extracted
// package is held. It reads as little as each question needs.
type evidence interface {
	// link is what the record says of where its package is.
	link(env *meta.Environment, record string) (dist.RecordLink, error)
	// origin is all that the record says of which package it was made of. It is
	// called by several goroutines at a time.
	origin(env *meta.Environment, record string) (dist.RecordOrigin, error)
	// names says whether path, from a record, is the package. When nothing is
	// at path any more (the cache has moved), it cannot be told, and counts as yes.
	names(path string, p *Package) bool
	// symlinkInto looks for one of the record's files that leads into the
	// package by symlinks; "" when there is none.
	symlinkInto(ctx context.Context, env *meta.Environment, record string, p *Package) (string, error)
	// sharedFile looks among the first of the record's files for one that is
	// the same inode as its namesake in the package; "" when there is none. It
	// is called by several goroutines at a time.
	sharedFile(env *meta.Environment, record string, p *Package) string
	// bare looks for symlinks of an environment without records that lead into
	// packages, and returns one for each that it finds.
	bare(ctx context.Context, env *meta.Environment, packages []*Package) (map[*Package]string, error)
}
