package verify

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"gclean/meta/dist"
)

// Unpack extracts an archive into the new folder dir, for tests.
func Unpack(ctx context.Context, archive, dir string) error {
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	fi, err := os.Stat(dir)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	a, err := dist.OpenArchive(archive, dist.Limits{})
	if err != nil {
		return err
	}
	defer a.Close()
	u := newUnpacking(root, fs.ModePerm&^fi.Mode().Perm(), func(string, string) error { return nil })
	return errors.Join(u.archive(ctx, a), u.finish())
}
