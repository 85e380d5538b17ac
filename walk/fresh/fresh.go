// Package fresh looks past what this host remembers of a network file system. An NFS
// client answers stat from memory for up to a minute: until then, it does not see a
// hard link that another host has made.
//
//	fresh.Look("/srv/pkgs/.gclean")           // one name
//	err := fresh.Tree(ctx, dir, "numpy-1.26.4-0") // a folder in dir and all in it
//
// Both only ask. What is read afterwards, by any handle or path, is what the server
// said then. On other systems than Linux nothing is asked.
package fresh

import (
	"context"
	"path/filepath"

	"gclean/walk"
)

// Look asks the server about the name at path, which is not followed.
func Look(path string) { look(path) }

// Tree asks about the folder name in dir, and about all that is in it. The error is
// that of ctx, or says what could not be listed.
func Tree(ctx context.Context, dir *walk.Dir, name string) error {
	Look(filepath.Join(dir.Path(), name))
	sub, err := dir.OpenDir(name)
	if err != nil {
		return err
	}
	defer sub.Close()
	items, err := sub.ReadDir()
	if err != nil {
		return err
	}
	for _, it := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !it.IsDir() {
			Look(filepath.Join(sub.Path(), it.Name))
		} else if err := Tree(ctx, sub, it.Name); err != nil {
			return err
		}
	}
	return nil
}
