package slim

import (
	"context"
	"path"

	"gclean/internal/parallel"
	"gclean/walk"
)

// findShared finds how many bytes files share with others by reflinks, as those do
// that pixi clones from its cache: removing them frees nothing.
func (t *tree) findShared(ctx context.Context, prefix *walk.Dir) error {
	if !prefix.MayShareExtents() {
		return nil
	}
	return parallel.Each(ctx, 0, byFolder(t.sorted(), func(f *file) string { return folderOf(f.path) }), func(files []*file) error {
		dir, err := prefix.OpenBelow(folderOf(files[0].path))
		if err != nil {
			return nil
		}
		defer dir.Close()
		for _, f := range files {
			if f.stat.Mode.IsRegular() && f.stat.Disk > 0 {
				f.shared = dir.SharedExtents(path.Base(f.path))
			}
		}
		return nil
	})
}
