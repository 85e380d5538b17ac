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

// Target is one thing to remove: a folder with everything in it, a file, or a symlink
// (never its target).
type Target struct {
	Dir  *Dir
	Name string
	ID   ID // expected identity of Name; otherwise Remove skips it with ErrChanged
}

// Path returns the path of the target, for messages.
func (t Target) Path() string { return filepath.Join(t.Dir.Path(), t.Name) }

// RemoveOptions is the input of Remove. The zero value is usable.
type RemoveOptions struct {
	Jobs int // folders emptied at a time; 0 chooses by the kind of file system
	// Spill is a folder on the same file system. Very deep folders are moved there before
	// they are emptied, so that few folders must be open at a time. Without it they are
	// emptied in place.
	Spill *Dir
	// Removed is called with the number of files and folders just removed, by several
	// goroutines.
	Removed func(names int)
	// Done is called for each target that was removed or given up, with its index.
	Done func(target int, err error)
	// Before is called before each change of the file system, with what is about to be
	// done. If it returns an error, the change is not made. Tests use it to inject faults.
	Before func(op, path string) error
}

// maxDepth is how deep below a target folders are emptied in place if there is a Spill:
// each level keeps one folder open.
const maxDepth = 48

// maxQueued is how many subfolders of one folder are in the queue at a time.
const maxQueued = 4096

// maxRounds is how often a folder is read again because new names appear while it is being
// emptied.
const maxRounds = 16

// Remove removes targets, many folders at a time. It works only on open folders. So it
// never follows a symlink that takes a folder's place, and does not touch what is mounted
// inside a target. It makes folders writable that their owner may not write to, as in some
// conda packages.
//
// It returns one error for each target: nil if the target no longer exists. When ctx ends,
// unfinished targets have the error of ctx, and may be half empty.
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

// emptying is a folder that is being removed. It stays open until its last subfolder is
// removed, because that happens through it.
type emptying struct {
	parent  *emptying
	name    string
	spilled bool // name is in Spill, and only the target waits for it
	root    int
	depth   int
	sys     sysdir
	rounds  int
	pending atomic.Int32 // subfolders that still exist, plus one while it is read
	failed  atomic.Bool
	more    bool // not all names were read
}

// removal is the state of one target.
type removal struct {
	pieces atomic.Int32 // the target itself, and its folders that were moved to Spill
	mu     sync.Mutex
	err    error // the first error
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

// before calls Before, if it is set.
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

// fail notes an error for the target that n belongs to.
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

// holder returns the open folder that contains n.
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
		// It is a file or a symlink: the target itself, or something that took the place of
		// a folder. Unlinking does not follow it.
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

// check compares a target with its expected identity.
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
					err = ErrChanged // a folder has taken the place of the symlink
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
				// It waits until the folders above are done, since each of them is open
				// until then.
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

// kid returns the folder name in n. If it is too deep, kid moves it to Spill.
func (r *remover) kid(n *emptying, name string) *emptying {
	k := &emptying{parent: n, name: name, root: n.root, depth: n.depth + 1}
	if k.depth < maxDepth || r.o.Spill == nil {
		return k
	}
	fresh := fmt.Sprintf("deep-%d-%d", os.Getpid(), r.spilled.Add(1))
	if r.before("rename", k, "") != nil || n.sys.rename(name, r.o.Spill.sys, fresh) != nil {
		return k // it can still be emptied in place
	}
	r.trees[n.root].pieces.Add(1)
	return &emptying{name: fresh, spilled: true, root: n.root}
}

// unlink removes the file name through in, which is the folder of owner. If that is not
// writable, unlink makes it writable once.
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

// release is called when one of the things that n waits for is done. After the last, n
// itself is removed.
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

// finish tells the parent of n, or the target, that n was removed or given up.
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
