package slim

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"gclean/internal/order"
	"gclean/internal/parallel"
	"gclean/slim/taken"
	"gclean/walk"
)

// RemoveOptions say how a plan is carried out. The zero value is usable.
type RemoveOptions struct {
	Jobs int // folders worked on at a time; 0 chooses
	// Done is told of each item that is gone, or why it is not, by one goroutine at a
	// time.
	Done func(it *Item, err error)
	// Before is asked before each change of the file system; its error takes
	// the place of the change. It is there for tests of faults.
	Before func(op, path string) error
}

// Execute carries the plan out. Items are independent: what fails does not stop
// the others. Each is unlinked by its name in a folder that was reached from the
// prefix without following a symlink, and only if it is what was planned. Folders
// that are empty by that go too. What records list is noted first, in conda-meta (see
// package taken): where that fails, nothing goes.
func (p *Plan) Execute(ctx context.Context, o RemoveOptions) *Result {
	x := &execution{plan: p, o: o, result: &Result{}, emptied: map[string]bool{}}
	x.run(ctx)
	x.result.Err = ctx.Err()
	for _, list := range []*[]*Item{&x.result.Removed, &x.result.Gone, &x.result.Changed} {
		slices.SortFunc(*list, func(a, b *Item) int { return cmp.Compare(a.Path, b.Path) })
	}
	order.By(x.result.Failures, func(a, b Failure) int { return cmp.Compare(a.Path, b.Path) })
	return x.result
}

// execution carries a plan out.
type execution struct {
	plan    *Plan
	o       RemoveOptions
	mu      sync.Mutex
	result  *Result
	emptied map[string]bool // folders that something was removed from
}

func (x *execution) run(ctx context.Context) {
	prefix, err := walk.Open(x.plan.Prefix)
	if err == nil {
		defer prefix.Close()
		if prefix.ID() != x.plan.ID {
			err = &fs.PathError{Op: "open", Path: x.plan.Prefix, Err: walk.ErrChanged}
		}
	}
	if err != nil {
		x.result.Failures = append(x.result.Failures, Failure{Path: "", Err: err})
		return
	}
	n := noting{x: x, prefix: prefix}
	if err := n.begin(); err != nil {
		x.fail("conda-meta/"+taken.Name, err)
		return
	}
	// An error is that of ctx, which Execute returns.
	_ = parallel.Each(ctx, x.o.Jobs, byFolder(x.plan.Items, func(it *Item) string { return folderOf(it.Path) }), func(items []*Item) error {
		x.folder(ctx, prefix, items)
		return nil
	})
	if err := n.end(); err != nil {
		x.fail("conda-meta/"+taken.Name, err)
	}
	x.emptyFolders(prefix) // of an interrupted run too: the next would not know of them
}

// folder removes items of one folder.
func (x *execution) folder(ctx context.Context, prefix *walk.Dir, items []*Item) {
	dir, err := prefix.OpenBelow(folderOf(items[0].Path))
	if err == nil {
		defer dir.Close()
	} else if swapped(err) {
		err = walk.ErrChanged
	}
	for _, it := range items {
		if ctx.Err() != nil {
			return
		}
		switch {
		case err != nil:
			x.done(it, err)
		case it.Kind == History:
			x.done(it, x.emptyHistory(prefix, it))
		default:
			x.done(it, x.unlink(dir, it))
		}
	}
}

func (x *execution) unlink(dir *walk.Dir, it *Item) error {
	name := path.Base(it.Path)
	if err := x.before("unlink", it); err != nil {
		return err
	}
	st, err := dir.Lstat(name)
	if err != nil {
		return err
	}
	if !unchanged(st, it.Stat) {
		return walk.ErrChanged
	}
	return dir.Unlink(name)
}

// unchanged says whether a file is what it was. Inode numbers are used again, so
// they alone do not tell; the change time does not either, because it changes with
// the other links of the inode.
func unchanged(now, then walk.Stat) bool {
	return now.ID == then.ID && now.Mode.Type() == then.Mode.Type() && now.Size == then.Size && now.Mtime == then.Mtime
}

func (x *execution) before(op string, it *Item) error {
	if x.o.Before == nil {
		return nil
	}
	return x.o.Before(op, x.plan.Full(it.Path))
}

// note is before, of the note.
func (x *execution) note() error {
	if x.o.Before == nil {
		return nil
	}
	return x.o.Before("note", x.plan.Full("conda-meta/"+taken.Name))
}

func (x *execution) done(it *Item, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case err == nil:
		x.result.Removed = append(x.result.Removed, it)
		if it.Kind != History {
			x.emptied[folderOf(it.Path)] = true
		}
	case errors.Is(err, fs.ErrNotExist):
		x.result.Gone = append(x.result.Gone, it)
	case errors.Is(err, walk.ErrChanged):
		x.result.Changed = append(x.result.Changed, it)
	default:
		x.fail(it.Path, err)
	}
	if x.o.Done != nil {
		x.o.Done(it, err)
	}
}

func (x *execution) fail(name string, err error) {
	x.result.Failures = append(x.result.Failures, Failure{Path: name, Err: explain(x.plan.Full(name), err)})
}

// emptyFolders removes the folders that are empty because of what went, from the
// deepest up.
func (x *execution) emptyFolders(prefix *walk.Dir) {
	left := make([]string, 0, len(x.emptied))
	for dir := range x.emptied {
		left = append(left, dir)
	}
	byDepth := func(a, b string) int {
		return cmp.Or(strings.Count(b, "/")-strings.Count(a, "/"), cmp.Compare(a, b))
	}
	slices.SortFunc(left, byDepth)
	for len(left) > 0 {
		dir := left[0]
		left = left[1:]
		if staysEmpty(dir) {
			continue
		}
		switch err := x.rmdir(prefix, dir); {
		case err == nil:
			x.result.Folders++
			above := folderOf(dir)
			if i, found := slices.BinarySearchFunc(left, above, byDepth); !found {
				left = slices.Insert(left, i, above)
			}
		case errors.Is(err, fs.ErrNotExist), walk.IsNotEmpty(err), swapped(err):
		default:
			x.fail(dir, err)
		}
	}
}

func (x *execution) rmdir(prefix *walk.Dir, dir string) error {
	above, err := prefix.OpenBelow(folderOf(dir))
	if err != nil {
		return err
	}
	defer above.Close()
	if x.o.Before != nil {
		if err := x.o.Before("rmdir", x.plan.Full(dir)); err != nil {
			return err
		}
	}
	return above.Rmdir(path.Base(dir))
}

// swapped says that something is in the place of a folder of the environment that
// is none of it.
func swapped(err error) bool {
	return errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP) || errors.Is(err, walk.ErrMountPoint)
}

// staysEmpty says of a folder that it stays even if nothing is in it: the prefix,
// those at its top, which tools take for granted, and those that modules are
// imported from.
func staysEmpty(dir string) bool {
	top, below, _ := strings.Cut(dir, "/")
	return below == "" || top == "Library" && !strings.Contains(below, "/") || importRoot(dir) == dir
}

// explain adds to an error the path and what can be done about it.
func explain(full string, err error) error {
	if pe := (*fs.PathError)(nil); !errors.As(err, &pe) {
		err = &fs.PathError{Op: "remove", Path: filepath.Clean(full), Err: err}
	}
	return walk.Advise(err)
}
