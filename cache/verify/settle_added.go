package verify

import (
	"context"
	"io"
	"slices"

	"gclean/cache"
	"gclean/meta/dist"
)

// settleAdded turns faults about unlisted files into notes, if a sound archive of the
// package has them with the same content: they were packed so. It returns an error only if
// ctx ends; after other errors the faults remain.
func (x *verifier) settleAdded(ctx context.Context, checks []*Check) error {
	isAdded := func(f Fault) bool { return f.Kind == dist.Added }
	for _, of := range checks {
		if of.Entry.Category != cache.Packages || !slices.ContainsFunc(of.Faults, isAdded) {
			continue
		}
		for _, a := range checks {
			if a.Entry.Category != cache.Tarballs || !a.read || !a.Sound() || dist.IsWheel(a.Entry.Name) {
				continue
			}
			same, err := x.sameInArchive(ctx, of, a)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				continue
			}
			of.noteIf(dist.Unlisted, func(f Fault) bool { return isAdded(f) && same[f.Path] })
		}
	}
	return nil
}

// sameInArchive returns the paths of the added files of a package that its archive has too.
func (x *verifier) sameInArchive(ctx context.Context, of, archive *Check) (map[string]bool, error) {
	dir, err := x.cacheOf(of.Entry).Dir.OpenBelow(of.Entry.Name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	f, err := x.openArchive(archive.Entry)
	if err != nil {
		return nil, err
	}
	a, err := dist.NewArchive(f, archive.Entry.Path(), dist.Limits{Memory: x.memory})
	if err != nil {
		f.Close()
		return nil, err
	}
	defer a.Close()
	added := make(map[string]bool)
	for _, f := range of.Faults {
		added[f.Path] = f.Kind == dist.Added
	}
	same := make(map[string]bool)
	err = a.Members(ctx, dist.Everything, func(m dist.Member, r io.Reader) error {
		if added[m.Path] && sameMember(ctx, dir, m, r) == nil {
			same[m.Path] = true
		}
		return nil
	})
	return same, err
}
