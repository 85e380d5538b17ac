package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"gclean/walk"
)

// RemoveOptions say how a plan is carried out. The zero value is usable.
type RemoveOptions struct {
	Jobs int // folders emptied at a time; 0 chooses
	// Done is told of each entry that is gone or could not be removed, by one
	// goroutine at a time.
	Done func(e *Entry, err error)
	// Before is asked before each change of the file system; its error takes
	// the place of the change. It is there for tests of faults.
	Before func(op, path string) error
}

// Execute carries the plan out. Entries are independent: what fails does not
// stop the others. A folder is renamed into the cache's trash first and
// emptied there, so that no half package is ever left to be taken for whole.
func (p *Plan) Execute(ctx context.Context, o RemoveOptions) *Result {
	x := &execution{o: o, result: &Result{}}
	for _, group := range p.groups() {
		x.group(ctx, group)
	}
	if p.Has(PkgsDirs) && ctx.Err() == nil {
		x.emptyCaches(p)
	}
	x.result.Err = ctx.Err()
	return x.result
}

// group is the entries of one folder, in the order of the plan.
type group struct {
	dir     string
	id      walk.ID // of a cache
	isCache bool
	entries []*Entry
}

func (p *Plan) groups() []*group {
	var list []*group
	index := map[string]*group{}
	caches := map[string]walk.ID{}
	for _, loc := range p.Caches {
		caches[loc.Path] = loc.ID
	}
	for _, e := range p.Remove {
		g := index[e.Dir]
		if g == nil {
			id, isCache := caches[e.Dir]
			if e.Category == TempFiles || strings.HasSuffix(e.Name, ".mamba_trash") {
				isCache = false // the folder that was searched may be a cache as well
			}
			g = &group{dir: e.Dir, id: id, isCache: isCache}
			index[e.Dir] = g
			list = append(list, g)
		}
		g.entries = append(g.entries, e)
	}
	return list
}

// execution carries a plan out.
type execution struct {
	o      RemoveOptions
	mu     sync.Mutex
	result *Result
}

func (x *execution) done(e *Entry, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case err == nil:
		x.result.Removed = append(x.result.Removed, e)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return // neither gone nor failed; the run says that it was interrupted
	default:
		x.result.Failures = append(x.result.Failures, Failure{Entry: e, Err: explainRemove(err)})
	}
	if x.o.Done != nil {
		x.o.Done(e, err)
	}
}

func (x *execution) before(op, path string) error {
	if x.o.Before == nil {
		return nil
	}
	return x.o.Before(op, path)
}

func (x *execution) group(ctx context.Context, g *group) {
	dir, err := walk.Open(g.dir)
	if err == nil {
		defer dir.Close()
		if g.isCache && dir.ID() != g.id {
			err = fmt.Errorf("%s: %w", g.dir, walk.ErrChanged)
		}
	}
	if err != nil {
		for _, e := range g.entries {
			x.done(e, err)
		}
		return
	}
	trash := &trashCan{x: x, cache: dir}
	var targets []walk.Target
	var moved []*Entry
	var marking []*Entry
	for _, e := range g.entries {
		if ctx.Err() != nil {
			break
		}
		if e.isMark() {
			marking = append(marking, e)
			continue
		}
		t, direct, err := x.stage(dir, trash, e)
		switch {
		case err != nil:
			x.done(e, err)
		case direct:
			x.done(e, nil)
		default:
			targets, moved = append(targets, t), append(moved, e)
		}
	}
	walk.Remove(ctx, targets, walk.RemoveOptions{
		Jobs:   x.o.Jobs,
		Spill:  trash.dir,
		Before: x.o.Before,
		Done:   func(i int, err error) { x.done(moved[i], err) },
	})
	for _, t := range targets {
		if t.Dir != dir && t.Dir != trash.dir {
			t.Dir.Close()
		}
	}
	trash.close()
	if ctx.Err() == nil {
		x.unmark(dir, marking)
	}
}

// unmark removes the marks of a cache, if they are all that is left of it:
// without them, no later run would go on with the rest.
func (x *execution) unmark(dir *walk.Dir, marking []*Entry) {
	items, err := dir.ReadDir()
	for _, it := range items {
		if !slices.Contains(marks, it.Name) {
			err = errNotEmptied
		}
	}
	for _, e := range marking {
		if err != nil {
			x.done(e, fmt.Errorf("%s: %w", e.Path(), err))
			continue
		}
		_, _, err := x.stage(dir, &trashCan{}, e)
		x.done(e, err)
	}
}

// errLocked is why a lock stays that was free when the plan was made.
var errLocked = errors.New("has been locked since it was looked at")

// errNotEmptied is why a mark stays.
var errNotEmptied = errors.New("left, as long as there is something else in the cache")

// stage gets an entry ready for removal: a file is unlinked at once (direct),
// a folder is moved to the trash. Where that is refused, as overlayfs does for
// folders of a lower layer, it is removed where it is.
func (x *execution) stage(dir *walk.Dir, trash *trashCan, e *Entry) (t walk.Target, direct bool, err error) {
	in := dir
	below, name := path.Split(e.Name)
	switch below {
	case "":
	case ownTrash + "/":
		// One handle for all: a killed run may have left thousands.
		if err := trash.open(); err != nil {
			return t, false, err
		}
		in = trash.dir
	default:
		if in, err = dir.OpenBelow(strings.TrimSuffix(below, "/")); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return t, true, nil
			}
			return t, false, err
		}
	}
	keep := false
	defer func() {
		if in != dir && in != trash.dir && !keep {
			in.Close()
		}
	}()
	st, err := in.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, true, nil // somebody else was faster
	case err != nil:
		return t, false, err
	case st.ID != e.Stat.ID:
		return t, false, fmt.Errorf("%s: %w", e.Path(), walk.ErrChanged)
	}
	if !st.Mode.IsDir() {
		if e.Category == Locks && lockHeld(e.Path()) {
			return t, false, fmt.Errorf("%s: %w", e.Path(), errLocked)
		}
		if err := x.before("unlink", e.Path()); err != nil {
			return t, false, err
		}
		return t, true, in.Unlink(name)
	}
	t = walk.Target{Dir: in, Name: name, ID: e.Stat.ID}
	if in == trash.dir {
		return t, false, nil
	}
	switch fresh, err := trash.put(in, name); {
	case err == nil:
		return walk.Target{Dir: trash.dir, Name: fresh, ID: e.Stat.ID}, false, nil
	case errors.Is(err, syscall.EXDEV), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EBUSY):
		keep = true
		return t, false, nil
	default:
		return t, false, err
	}
}

// trashCan is the folder in a cache that entries are moved to before they are
// emptied. It is made when it is needed and goes when it is empty.
type trashCan struct {
	x     *execution
	cache *walk.Dir
	dir   *walk.Dir
	n     int
}

// put moves the folder name in dir to the trash, and returns its new name.
func (c *trashCan) put(dir *walk.Dir, name string) (string, error) {
	if err := c.open(); err != nil {
		return "", err
	}
	for {
		c.n++
		fresh := fmt.Sprintf("%d-%d", os.Getpid(), c.n)
		if err := c.x.before("rename", filepath.Join(dir.Path(), name)); err != nil {
			return "", err
		}
		err := dir.Rename(name, c.dir, fresh)
		if errors.Is(err, fs.ErrPermission) {
			// Moving a folder changes its ".."; its owner may lack the right.
			if uerr := dir.Unlock(name); uerr == nil {
				err = dir.Rename(name, c.dir, fresh)
			}
		}
		if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) {
			continue // left by an earlier run
		}
		return fresh, err
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
	}
	if st, err := c.cache.Lstat(ownTrash); err == nil && st.Mode.IsDir() {
		if c.x.before("rmdir", filepath.Join(c.cache.Path(), ownTrash)) == nil {
			// Not empty is no failure: the entries in it have told why.
			_ = c.cache.Rmdir(ownTrash)
		}
	}
}

// emptyCaches removes the folders of caches of which nothing is left, as
// conda clean --force-pkgs-dirs does. One that is a mount point stays.
func (x *execution) emptyCaches(p *Plan) {
	for _, loc := range p.Caches {
		parent, err := walk.Open(filepath.Dir(loc.Path))
		if err != nil {
			continue // the entries in it have told why
		}
		name := filepath.Base(loc.Path)
		if st, err := parent.Lstat(name); err == nil && st.ID == loc.ID {
			if x.before("rmdir", loc.Path) == nil {
				_ = parent.Rmdir(name) // not empty: something in it was kept or has failed
			}
		}
		parent.Close()
	}
}

// explainRemove adds to an error what can be done about it.
func explainRemove(err error) error {
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: the file system is mounted read-only", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: run as its owner or as root; if it is immutable, lift that with chattr -i", err)
	}
	return err
}
