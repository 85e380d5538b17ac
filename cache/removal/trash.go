package removal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"gclean/cache"
	"gclean/walk"
)

// Trash is the folder in a cache that entries are moved to before they are
// emptied. It is made when it is needed and goes when it is empty.
type Trash struct {
	before func(op, path string) error
	cache  *walk.Dir
	dir    *walk.Dir
	n      int
	marks  map[*cache.Entry]bool // complete before entries are emptied
}

// NewTrash is the trash of an open cache. before is asked before each change of
// the file system, as in Options; nil allows all.
func NewTrash(cache *walk.Dir, before func(op, path string) error) *Trash {
	if before == nil {
		before = func(string, string) error { return nil }
	}
	return &Trash{before: before, cache: cache}
}

// Dir is the folder, once Open has succeeded; nil before.
func (c *Trash) Dir() *walk.Dir { return c.dir }

// removeInPlace prepares the removal of a folder that cannot be moved: a
// folder of a lower layer of overlayfs (EXDEV). A marker in the trash comes
// first, so that the next run goes on if this one is killed; then
// info/repodata_record.json and info/index.json go, by which mamba and conda take
// a folder for a package (has_valid_extracted_dir in libmamba's
// src/core/package_cache.cpp, _make_single_record in conda's
// core/package_cache_data.py).
func (x *execution) removeInPlace(in *walk.Dir, trash *Trash, e *cache.Entry) error {
	info, err := in.OpenBelow(path.Base(e.Name) + "/info")
	if err != nil {
		return nil // no package, or none any more
	}
	defer info.Close()
	if err := trash.mark(e); err != nil {
		return err
	}
	for _, name := range []string{"repodata_record.json", "index.json"} {
		if err := x.before("unlink", filepath.Join(info.Path(), name)); err != nil {
			return err
		}
		err := info.Unlink(name)
		if errors.Is(err, fs.ErrPermission) && in.Unlock(path.Base(e.Name)) == nil {
			err = info.Unlink(name) // a folder without write permission; it goes anyway
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
	if _, err := c.cache.Lstat(cache.OwnTrash); err != nil || c.Open() != nil {
		return
	}
	items, err := c.dir.ReadDir()
	if err != nil {
		return // the markers stay, and are dropped by a later run
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
		_ = c.dir.Unlink(name) // it is found and dropped by the next run
	}
}

// put moves the folder name in dir, which has to be id, to the trash, and returns
// its name and ID there.
func (c *Trash) put(dir *walk.Dir, name string, id walk.ID) (fresh string, moved walk.ID, err error) {
	if err := c.Open(); err != nil {
		return "", id, err
	}
	for {
		c.n++
		fresh = fmt.Sprintf("%d-%d", os.Getpid(), c.n)
		if err := c.before("rename", filepath.Join(dir.Path(), name)); err != nil {
			return "", id, err
		}
		moved, err = dir.Move(name, id, c.dir, fresh)
		if errors.Is(err, fs.ErrPermission) {
			// Moving a folder changes its ".."; its owner may lack the right.
			if uerr := dir.Unlock(name); uerr == nil {
				moved, err = dir.Move(name, id, c.dir, fresh)
			}
		}
		if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) {
			continue // left by an earlier run
		}
		return fresh, moved, err
	}
}

// Open opens the trash, and makes it if there is none.
func (c *Trash) Open() error {
	if c.dir != nil {
		return nil
	}
	if err := c.before("mkdir", filepath.Join(c.cache.Path(), cache.OwnTrash)); err != nil {
		return err
	}
	if err := c.cache.Mkdir(cache.OwnTrash, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	var err error
	c.dir, err = c.cache.OpenDir(cache.OwnTrash)
	return err
}

// Close removes the trash if it is empty; what is left is for the next run.
func (c *Trash) Close() {
	if c.dir != nil {
		c.dir.Close()
		c.dir = nil
	}
	if st, err := c.cache.Lstat(cache.OwnTrash); err == nil && st.Mode.IsDir() {
		if c.before("rmdir", filepath.Join(c.cache.Path(), cache.OwnTrash)) == nil {
			// Not empty is no failure: the entries in it have told why.
			_ = c.cache.Rmdir(cache.OwnTrash)
		}
	}
}
