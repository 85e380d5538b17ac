package removal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
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
	name   string
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

// errForeignTrash is why a trash is passed over.
var errForeignTrash = errors.New("a trash that this user may not use")

// maxTrashes is how many names are tried for a fresh trash.
const maxTrashes = 100

// Open opens the trash, and makes it if there is none. One that cannot be used, as
// another user's, a symlink or a file, is passed over for a fresh one.
func (c *Trash) Open() error {
	if c.dir != nil {
		return nil
	}
	passed, err := c.openUsual()
	if !passed {
		return err
	}
	for n := range maxTrashes {
		name := fmt.Sprintf("%s-%d-%d", cache.OwnTrash, os.Getpid(), n)
		err = c.make(name)
		if errors.Is(err, fs.ErrExist) {
			continue // of a run that was killed; its entries are listed
		}
		if err == nil {
			err = c.enter(name)
		}
		return err
	}
	return err
}

// openUsual opens the trash of the usual name. passed says that one is there which
// cannot be used.
func (c *Trash) openUsual() (passed bool, err error) {
	if err := c.make(cache.OwnTrash); err == nil {
		return false, c.enter(cache.OwnTrash)
	} else if !errors.Is(err, fs.ErrExist) {
		return false, err
	}
	return c.enter(cache.OwnTrash) != nil, nil
}

// make makes a trash for all who have the cache.
func (c *Trash) make(name string) error {
	// Nothing is made, and nothing needs to be asked, where there is one.
	if _, err := c.cache.Lstat(name); err == nil {
		return fs.ErrExist
	}
	if err := c.before("mkdir", filepath.Join(c.cache.Path(), name)); err != nil {
		return err
	}
	return c.cache.MkdirLike(name)
}

func (c *Trash) enter(name string) error {
	dir, err := c.cache.OpenDir(name)
	if err != nil {
		return err
	}
	if !cache.UsableTrash(c.cache.Stat(), dir) {
		dir.Close()
		return fmt.Errorf("%s: %w", dir.Path(), errForeignTrash)
	}
	c.dir, c.name = dir, name
	return nil
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

// Close removes the trash if it is empty; what is left is for the next run.
func (c *Trash) Close() {
	name := c.name
	if name == "" {
		name = cache.OwnTrash // an empty one of a run that was killed
	}
	if c.dir != nil {
		c.dir.Close()
		c.dir = nil
	}
	c.drop(name)
}

// drop removes the trash name if it is empty.
func (c *Trash) drop(name string) {
	if st, err := c.cache.Lstat(name); err == nil && st.Mode.IsDir() {
		if c.before("rmdir", filepath.Join(c.cache.Path(), name)) == nil {
			// Not empty is no failure: the entries in it have told why.
			_ = c.cache.Rmdir(name)
		}
	}
}
