package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"gclean/walk"
)

// trashCan is the folder in a cache that entries are moved to before they are
// emptied. It is made when it is needed and goes when it is empty.
type trashCan struct {
	x     *execution
	cache *walk.Dir
	dir   *walk.Dir
	n     int
	marks map[*Entry]bool // complete before entries are emptied
}

// markSuffix ends the names of markers: files in the trash that are named
// after a package that is being removed where it is.
const markSuffix = ".removing"

// markOf is the name of the marker of an entry: its path below the cache, with
// slashes escaped.
func markOf(name string) string { return url.PathEscape(name) + markSuffix }

// markedBy is the entry that a marker is of.
func markedBy(marker string) (name string, ok bool) {
	escaped, ok := strings.CutSuffix(marker, markSuffix)
	if !ok {
		return "", false
	}
	name, err := url.PathUnescape(escaped)
	return name, err == nil
}

// removeInPlace prepares the removal of a folder that cannot be moved: a
// folder of a lower layer of overlayfs (EXDEV). A marker in the trash comes
// first, so that the next run goes on if this one is killed; then
// info/repodata_record.json and info/index.json go, by which mamba and conda take
// a folder for a package (has_valid_extracted_dir in libmamba's
// src/core/package_cache.cpp, _make_single_record in conda's
// core/package_cache_data.py).
func (x *execution) removeInPlace(in *walk.Dir, trash *trashCan, e *Entry) error {
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
func (c *trashCan) mark(e *Entry) error {
	if err := c.open(); err != nil {
		return err
	}
	name := markOf(e.Name)
	if err := c.x.before("create", filepath.Join(c.dir.Path(), name)); err != nil {
		return err
	}
	if c.marks == nil {
		c.marks = map[*Entry]bool{}
	}
	c.marks[e] = true
	return c.dir.Create(name)
}

// adopt finds the entries that an earlier run has marked.
func (c *trashCan) adopt(entries []*Entry) {
	if _, err := c.cache.Lstat(ownTrash); err != nil || c.open() != nil {
		return
	}
	items, err := c.dir.ReadDir()
	if err != nil {
		return // the markers stay, and are dropped by a later run
	}
	marked := map[string]bool{}
	for _, it := range items {
		if name, ok := markedBy(it.Name); ok {
			marked[name] = true
		}
	}
	c.marks = map[*Entry]bool{}
	for _, e := range entries {
		if marked[e.Name] {
			c.marks[e] = true
		}
	}
}

// unmark removes the marker of an entry, if there is one.
func (c *trashCan) unmark(e *Entry) {
	if !c.marks[e] {
		return
	}
	name := markOf(e.Name)
	if c.x.before("unlink", filepath.Join(c.dir.Path(), name)) == nil {
		_ = c.dir.Unlink(name) // it is found and dropped by the next run
	}
}

// put moves the folder name in dir, which has to be id, to the trash, and returns
// its name and ID there.
func (c *trashCan) put(dir *walk.Dir, name string, id walk.ID) (fresh string, moved walk.ID, err error) {
	if err := c.open(); err != nil {
		return "", id, err
	}
	for {
		c.n++
		fresh = fmt.Sprintf("%d-%d", os.Getpid(), c.n)
		if err := c.x.before("rename", filepath.Join(dir.Path(), name)); err != nil {
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

func (c *trashCan) open() error {
	if c.dir != nil {
		return nil
	}
	if err := c.x.before("mkdir", filepath.Join(c.cache.Path(), ownTrash)); err != nil {
		return err
	}
	if err := c.cache.Mkdir(ownTrash, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	var err error
	c.dir, err = c.cache.OpenDir(ownTrash)
	return err
}

// close removes the trash if it is empty; what is left is for the next run.
func (c *trashCan) close() {
	if c.dir != nil {
		c.dir.Close()
		c.dir = nil
	}
	if st, err := c.cache.Lstat(ownTrash); err == nil && st.Mode.IsDir() {
		if c.x.before("rmdir", filepath.Join(c.cache.Path(), ownTrash)) == nil {
			// Not empty is no failure: the entries in it have told why.
			_ = c.cache.Rmdir(ownTrash)
		}
	}
}
