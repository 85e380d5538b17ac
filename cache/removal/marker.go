package removal

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"

	"gclean/cache"
	"gclean/walk"
)

// removeInPlace prepares the removal of a folder that cannot be moved. It is in a lower
// layer of overlayfs (EXDEV), or the disk is too full for a trash. removeInPlace first
// writes a marker into the trash, so that the next run continues if this one is killed.
// Then it removes info/repodata_record.json and info/index.json, by which mamba and conda
// recognize a package (has_valid_extracted_dir in libmamba's src/core/package_cache.cpp,
// _make_single_record in conda's core/package_cache_data.py). On a full disk it does
// without the marker; the remains are then listed as a package without an index.
func (x *execution) removeInPlace(in *walk.Dir, trash *Trash, e *cache.Entry) error {
	if isInQuarantine(e) {
		return x.removeNote(in, path.Base(e.Name))
	}
	info, err := in.OpenBelow(path.Base(e.Name) + "/info")
	if err != nil {
		return nil // not a package, or no longer one
	}
	defer info.Close()
	if err := trash.mark(e); err != nil && !walk.IsFull(err) {
		return err
	}
	for _, name := range []string{"repodata_record.json", "index.json"} {
		if err := x.before("unlink", filepath.Join(info.Path(), name)); err != nil {
			return err
		}
		err := info.Unlink(name)
		if errors.Is(err, fs.ErrPermission) && in.Unlock(path.Base(e.Name)) == nil {
			err = info.Unlink(name) // the folder was write-protected
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// mark makes the marker of an entry.
func (c *Trash) mark(e *cache.Entry) error {
	if err := c.Open(); err != nil {
		return err
	}
	name := cache.MarkerOf(e.Name)
	if err := c.before("create", filepath.Join(c.dir.Path(), name)); err != nil {
		return err
	}
	if c.marks == nil {
		c.marks = map[*cache.Entry]bool{}
	}
	c.marks[e] = true
	return c.dir.Create(name)
}

// adopt finds the entries that an earlier run has marked.
func (c *Trash) adopt(entries []*cache.Entry) {
	if c.enter(cache.OwnTrash) != nil {
		return // it does not exist, or belongs to somebody else
	}
	items, err := c.dir.ReadDir()
	if err != nil {
		return // the markers stay; a later run removes them
	}
	marked := map[string]bool{}
	for _, it := range items {
		if name, ok := cache.MarkedBy(it.Name); ok {
			marked[name] = true
		}
	}
	c.marks = map[*cache.Entry]bool{}
	for _, e := range entries {
		if marked[e.Name] {
			c.marks[e] = true
		}
	}
}

// unmark removes the marker of an entry, if there is one.
func (c *Trash) unmark(e *cache.Entry) {
	if !c.marks[e] {
		return
	}
	name := cache.MarkerOf(e.Name)
	if c.before("unlink", filepath.Join(c.dir.Path(), name)) == nil {
		_ = c.dir.Unlink(name) // otherwise the next run removes it
	}
}
