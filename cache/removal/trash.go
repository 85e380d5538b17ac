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

// Trash is the folder in a cache that entries are moved to before they are emptied. It is
// made when needed, and removed when it is empty.
type Trash struct {
	before func(op, path string) error
	cache  *walk.Dir
	dir    *walk.Dir
	name   string
	n      int
	marks  map[*cache.Entry]bool // entries with a marker; complete before entries are emptied
}

// NewTrash returns the trash of an open cache. before is called before each change of the
// file system, as in Options; nil allows everything.
func NewTrash(cache *walk.Dir, before func(op, path string) error) *Trash {
	if before == nil {
		before = func(string, string) error { return nil }
	}
	return &Trash{before: before, cache: cache}
}

// Dir returns the folder after Open has succeeded, nil before.
func (c *Trash) Dir() *walk.Dir { return c.dir }

// errForeignTrash means that a trash cannot be used.
var errForeignTrash = errors.New("a trash that this user may not use")

// maxTrashes is how many names are tried for a new trash.
const maxTrashes = 100

// Open opens the trash, and makes it if needed. If the usual one cannot be used, because it
// is another user's, a symlink or a file, Open makes another.
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
			continue // left by a killed run; its entries are listed
		}
		if err == nil {
			err = c.enter(name)
		}
		return err
	}
	return err
}

// openUsual opens the trash with the usual name. passed reports that it exists but cannot
// be used.
func (c *Trash) openUsual() (passed bool, err error) {
	if err := c.make(cache.OwnTrash); err == nil {
		return false, c.enter(cache.OwnTrash)
	} else if !errors.Is(err, fs.ErrExist) {
		return false, err
	}
	return c.enter(cache.OwnTrash) != nil, nil
}

// make makes a trash for everybody who may write to the cache.
func (c *Trash) make(name string) error {
	// Nothing is created if it exists, so Before need not be called.
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

// put moves the folder name in dir to the trash, if its identity is id. It returns the name
// and ID in the trash.
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
			// Moving a folder changes its "..", so it must be writable.
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

// Close removes the trash if it is empty; otherwise the next run does.
func (c *Trash) Close() {
	name := c.name
	if name == "" {
		name = cache.OwnTrash // may be an empty one that a killed run left
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
			// It fails if the trash is not empty; the entries in it were reported.
			_ = c.cache.Rmdir(name)
		}
	}
}
