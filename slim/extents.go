package slim

import (
	"context"
	"path"

	"gclean/walk"
)

// findShared finds how many bytes files share with others by reflinks, as those do
// that pixi clones from its cache: removing them frees nothing.
func (t *tree) findShared(ctx context.Context, prefix *walk.Dir) error {
	if !prefix.MayShareExtents() {
		return nil
	}
	return t.eachIn(ctx, prefix, func(dir *walk.Dir, f *file) {
		if f.stat.Mode.IsRegular() && f.stat.Disk > 0 {
			f.shared = dir.SharedExtents(path.Base(f.path))
		}
	})
}
