package walk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
)

// Target is one thing that Remove removes, whatever it is: a folder with all
// that is in it, a file, a symlink (never what it points to).
type Target struct {
	Dir  *Dir
	Name string
	ID   ID // what Name has to be, or it is left alone with ErrChanged
}

// Path is the path of the target, for messages.
func (t Target) Path() string { return filepath.Join(t.Dir.Path(), t.Name) }

// RemoveOptions say how Remove works. The zero value is usable.
type RemoveOptions struct {
	Jobs int // folders emptied at a time; 0 chooses by the kind of file system
	// Spill is a folder on the same file system to which folders that lie very
	// deep are moved before they are emptied, so that few have to be open.
	// Without it they are emptied where they are.
	Spill *Dir
	// Removed is told, by several goroutines, of files and folders that went.
	Removed func(names int)
	// Done is told of each target that is gone or given up, by its index.
	Done func(target int, err error)
	// Before is called before each change of the file system with what is
	// about to be done; its error takes the place of the change. It is there
	// for tests of faults.
	Before func(op, path string) error
}

// maxDepth is how deep below a target folders are emptied in place when there
// is a Spill: each level costs one open folder.
const maxDepth = 48

// maxQueued bounds how many folders of one folder wait in the queue at a time.
const maxQueued = 4096

// maxRounds is how often a folder is read anew when names turn up in it while
// it is being emptied.
const maxRounds = 16

// Remove removes targets, many folders at a time. It works on open folders
// only: a folder that is swapped for a symlink is not followed, what is
// mounted inside a target is not touched. Folders that their owner may not
// write to, as conda packages have them, are made writable first. The errors
// are one for each target, nil where it is gone; a target that is gone before
// is no error. When ctx ends, targets that are not done have its error and may
// be half empty.
func Remove(ctx context.Context, targets []Target, o RemoveOptions) []error {
	r := &remover{ctx: ctx, o: o, targets: targets, trees: make([]removal, len(targets))}
	nodes := make([]*emptying, 0, len(targets))
	for i := len(targets) - 1; i >= 0; i-- {
		r.trees[i].pieces.Store(1)
		nodes = append(nodes, &emptying{root: i})
	}
	r.queue = newWorkQueue(nodes)
	r.run(removeJobs(o.Jobs, targets))
	errs := make([]error, len(targets))
	for i := range r.trees {
		errs[i] = r.trees[i].err
	}
	return errs
}

// emptying is a folder that is being removed. It stays open until its last
// folder is gone, because that is removed through it.
type emptying struct {
	parent  *emptying
	name    string
	spilled bool // name is in Spill, and nobody waits for it but the target
	root    int
	depth   int
	sys     sysdir
	rounds  int
	pending atomic.Int32 // folders in it that are not gone yet, plus one while it is read
	failed  atomic.Bool
	more    bool // not all names were read
}

// removal is the state of one target.
type removal struct {
	pieces atomic.Int32 // the target itself and the folders of it that were spilled
	mu     sync.Mutex
	err    error // the first
}

type remover struct {
	ctx     context.Context
	o       RemoveOptions
	targets []Target
	trees   []removal
	spilled atomic.Uint64
	queue   *workQueue[*emptying]
}

func (r *remover) run(jobs int) {
	bufs := make([]*dirents, jobs)
	r.queue.run(jobs, func(w int, n *emptying) {
		if bufs[w] == nil {
			bufs[w] = newDirents()
		}
		if err := r.ctx.Err(); err != nil {
			r.fail(n, "", "remove", err)
			r.finish(n.parent, n)
			return
		}
		r.start(n, bufs[w])
	})
}

// before asks the test seam.
func (r *remover) before(op string, n *emptying, name string) error {
	if r.o.Before == nil {
		return nil
	}
	return r.o.Before(op, r.path(n, name))
}

func (r *remover) path(n *emptying, name string) string {
	path := name
	for ; n.parent != nil; n = n.parent {
		path = filepath.Join(n.name, path)
	}
	if n.spilled {
		return filepath.Join(r.o.Spill.Path(), n.name, path)
	}
	return filepath.Join(r.targets[n.root].Path(), path)
}

// fail notes an error of the target that n belongs to.
func (r *remover) fail(n *emptying, name, op string, err error) {
	for m := n; m != nil; m = m.parent {
		m.failed.Store(true) // the folders above will not become empty
	}
	t := &r.trees[n.root]
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = &fs.PathError{Op: op, Path: r.path(n, name), Err: err}
	}
}

// holder is the open folder that has n in it.
func (r *remover) holder(n *emptying) sysdir {
	switch {
	case n.spilled:
		return r.o.Spill.sys
	case n.parent != nil:
		return n.parent.sys
	}
	return r.targets[n.root].Dir.sys
}

func (r *remover) nameOf(n *emptying) string {
	if n.parent == nil && !n.spilled {
		return r.targets[n.root].Name
	}
	return n.name
}

// start opens n and empties it.
func (r *remover) start(n *emptying, ents *dirents) {
	in, name := r.holder(n), r.nameOf(n)
	if n.parent == nil && !n.spilled {
		if err := r.check(n); err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				r.fail(n, "", "remove", err)
			}
			r.finish(nil, n)
			return
		}
	}
	sys, err := in.open(name)
	if errors.Is(err, fs.ErrPermission) {
		if berr := r.before("chmod", n, ""); berr != nil {
			err = berr
		} else if cerr := in.unlock(name); cerr == nil {
			sys, err = in.open(name)
		}
	}
	switch {
	case err == nil:
	case isNotDir(err):
		// A file or symlink: the target itself, or what took the place of a
		// folder meanwhile. Unlinking follows nothing.
		if err := r.unlink(n.parent, n, in, name); err != nil {
			r.fail(n, "", "remove", err)
		}
		r.finish(n.parent, n)
		return
	case errors.Is(err, fs.ErrNotExist):
		r.finish(n.parent, n)
		return
	default:
		r.fail(n, "", "open", err)
		r.finish(n.parent, n)
		return
	}
	st, err := sys.stat()
	if err == nil {
		dev := r.targets[n.root].Dir.stat.ID.Dev
		if st.ID.Dev != dev {
			err = ErrMountPoint
		} else if n.parent == nil && !n.spilled && st.ID != r.targets[n.root].ID {
			err = ErrChanged
		}
	}
	if err != nil {
		sys.close()
		r.fail(n, "", "remove", err)
		r.finish(n.parent, n)
		return
	}
	n.sys = sys
	r.empty(n, ents)
}

// check compares a target with what was planned.
func (r *remover) check(n *emptying) error {
	t := r.targets[n.root]
	if err := checkName(t.Name); err != nil {
		return err
	}
	st, err := t.Dir.sys.lstat(t.Name)
	if err != nil {
		return err
	}
	if st.ID != t.ID {
		return ErrChanged
	}
	return nil
}

// empty unlinks the files of n and queues its folders.
func (r *remover) empty(n *emptying, ents *dirents) {
	n.pending.Store(1)
	n.rounds++
	n.more = false
	var kids []*emptying
	gone, waiting := 0, 0
	ents.reset(n.sys)
	for !n.more {
		more, err := ents.fill()
		if err != nil {
			r.fail(n, "", "readdir", err)
			break
		}
		if !more {
			break
		}
		for ents.next() {
			name := ents.name()
			if kind, known := ents.kind(); !known || !kind.IsDir() {
				err := r.unlink(n, n, n.sys, name)
				if err == nil {
					gone++
					continue
				}
				folder := isDir(err, n.sys, name)
				if folder && kind == fs.ModeSymlink {
					err = ErrChanged // and it is not known for what
				}
				if !folder || kind == fs.ModeSymlink {
					r.fail(n, strings.Clone(name), "unlink", err)
					continue
				}
			}
			if len(kids) == maxQueued {
				n.more = true
				break
			}
			k := r.kid(n, strings.Clone(name))
			if k.spilled {
				// Not before the folders above: each of them stays open until then.
				r.queue.pushLater(k)
				continue
			}
			waiting++
			kids = append(kids, k)
		}
		if ents.ended() {
			break
		}
	}
	if gone > 0 && r.o.Removed != nil {
		r.o.Removed(gone)
	}
	n.pending.Add(int32(waiting))
	r.queue.push(kids...)
	r.release(n)
}

// kid is the folder name in n, spilled when it lies too deep.
func (r *remover) kid(n *emptying, name string) *emptying {
	k := &emptying{parent: n, name: name, root: n.root, depth: n.depth + 1}
	if k.depth < maxDepth || r.o.Spill == nil {
		return k
	}
	fresh := fmt.Sprintf("deep-%d-%d", os.Getpid(), r.spilled.Add(1))
	if r.before("rename", k, "") != nil || n.sys.rename(name, r.o.Spill.sys, fresh) != nil {
		return k // it can still be emptied where it is
	}
	r.trees[n.root].pieces.Add(1)
	return &emptying{name: fresh, spilled: true, root: n.root}
}

// unlink removes the file name through in, which is the folder of owner; when
// that may not be written to it is made writable once.
func (r *remover) unlink(owner, n *emptying, in sysdir, name string) error {
	sub := name
	if n != owner {
		sub = ""
	}
	if err := r.before("unlink", n, sub); err != nil {
		return err
	}
	err := stillOpen(name, in.unlink(name))
	if owner != nil && errors.Is(err, fs.ErrPermission) && in.makeWritable() == nil {
		err = in.unlink(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// release ends one of the things n waited for; with the last, n goes.
func (r *remover) release(n *emptying) {
	if n.pending.Add(-1) > 0 {
		return
	}
	if n.failed.Load() {
		n.sys.close()
		r.finish(n.parent, n)
		return
	}
	if n.more {
		n.sys.close()
		n.rounds--
		r.queue.push(n)
		return
	}
	err := r.rmdir(n)
	switch {
	case err == nil:
		if r.o.Removed != nil {
			r.o.Removed(1)
		}
	case errors.Is(err, fs.ErrNotExist):
	case isNotEmpty(err) && n.rounds < maxRounds:
		n.sys.close()
		r.queue.push(n)
		return
	default:
		r.fail(n, "", "rmdir", err)
	}
	n.sys.close()
	r.finish(n.parent, n)
}

func (r *remover) rmdir(n *emptying) error {
	if err := r.before("rmdir", n, ""); err != nil {
		return err
	}
	in, name := r.holder(n), r.nameOf(n)
	err := in.rmdir(name)
	if n.parent != nil && errors.Is(err, fs.ErrPermission) && in.makeWritable() == nil {
		err = in.rmdir(name)
	}
	return err
}

// finish tells the parent of n, or the target, that n is gone or given up.
func (r *remover) finish(parent, n *emptying) {
	if parent != nil {
		r.release(parent)
		return
	}
	t := &r.trees[n.root]
	if t.pieces.Add(-1) == 0 && r.o.Done != nil {
		t.mu.Lock()
		err := t.err
		t.mu.Unlock()
		r.o.Done(n.root, err)
	}
}
