package walk

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"

	"gclean/internal/parallel"
)

// Root is the top of a tree: the folder Name in Dir, or Dir itself if Name is empty.
type Root struct {
	Dir  *Dir
	Name string
}

// Path returns the path of the root, for messages.
func (r Root) Path() string { return filepath.Join(r.Dir.Path(), r.Name) }

// Folder is one folder of a tree that is being read.
type Folder struct {
	Root  int    // index of its root in the arguments of Read
	Depth int    // 0 for the root
	Top   string // first component of its path below the root; empty for the root
	Stat  Stat
	node  *node
}

// Path returns the slash-separated path below the root; empty for the root.
func (f *Folder) Path() string { return f.node.path() }

// Lstat describes name in the folder. Call it only from Visit.
func (f *Folder) Lstat(name string) (Stat, error) { return f.node.sys.lstat(name) }

// Visitor receives what Read finds, from several goroutines at a time. worker is a small
// number that is unique to the goroutine.
type Visitor interface {
	// Visit is called with a folder and some of its items. A large folder is visited
	// several times, and an empty one once; first is true for the first call. The items and
	// their names are valid only during the call. Read descends into the folders among the
	// items, except where Visit sets descend, which is as long as items, to false.
	Visit(worker int, f *Folder, first bool, items []Item, descend []bool)
	// Fail is called with a path below root that could not be read. Read continues.
	Fail(worker, root int, path string, err error)
}

// ReadOptions is the input of Read. The zero value is usable.
type ReadOptions struct {
	Jobs      int  // folders read at a time; 0 chooses a number
	NamesOnly bool // do not fill in Item.Stat, which is faster
}

// jobs returns the number of workers that Read uses. Worker numbers are below it.
func (o ReadOptions) jobs(roots []Root) int {
	if o.Jobs <= 0 && len(roots) > 0 && roots[0].Dir.isNetwork() {
		return networkJobs
	}
	return readJobs(o.Jobs)
}

// Read reads the trees below roots, many folders at a time. It works by handles, does not
// follow symlinks, and does not enter mount points. It returns an error only if ctx ends;
// all other errors go to v.
func Read(ctx context.Context, roots []Root, o ReadOptions, v Visitor) error {
	jobs := o.jobs(roots)
	nodes := make([]*node, 0, len(roots))
	for i := len(roots) - 1; i >= 0; i-- { // the queue takes the last first
		nodes = append(nodes, &node{root: i})
	}
	workers := make([]*reader, jobs)
	q := newWorkQueue(nodes)
	q.run(jobs, func(w int, n *node) {
		if workers[w] == nil {
			workers[w] = &reader{roots: roots, o: o, v: v, q: q, worker: w, ents: newDirents()}
		}
		if ctx.Err() != nil {
			n.abandon()
			return
		}
		workers[w].read(n)
	})
	return ctx.Err()
}

// node is a folder in the queue. It is opened through its parent, which stays open until
// all its children are open.
type node struct {
	parent *node
	name   string
	root   int
	depth  int
	sys    sysdir
	stat   Stat
	refs   atomic.Int32 // one while it is read, and one for each child that is not open yet
}

func (n *node) path() string {
	var names []string
	for ; n.parent != nil; n = n.parent {
		names = append(names, n.name)
	}
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
	return strings.Join(names, "/")
}

func (n *node) top() string {
	if n.parent == nil {
		return ""
	}
	for n.depth > 1 {
		n = n.parent
	}
	return n.name
}

// release gives up one reference, and closes the folder with the last.
func (n *node) release() {
	if n.refs.Add(-1) == 0 {
		n.sys.close()
	}
}

// abandon drops a node that was never opened.
func (n *node) abandon() {
	if n.parent != nil {
		n.parent.release()
	}
}

// reader is one worker of Read.
type reader struct {
	roots   []Root
	o       ReadOptions
	v       Visitor
	q       *workQueue[*node]
	worker  int
	ents    *dirents
	items   []Item
	descend []bool
	kids    []*node
}

func (r *reader) fail(n *node, name string, err error) {
	root := r.roots[n.root]
	path := filepath.Join(root.Path(), filepath.FromSlash(n.path()), name)
	r.v.Fail(r.worker, n.root, path, &fs.PathError{Op: "read", Path: path, Err: err})
}

func (r *reader) open(n *node) error {
	var err error
	dev := r.roots[n.root].Dir.stat.ID.Dev
	switch {
	case n.parent != nil:
		dev = n.parent.stat.ID.Dev
		n.sys, err = n.parent.sys.open(n.name)
	case r.roots[n.root].Name == "":
		n.sys, err = r.roots[n.root].Dir.sys.open(".")
	default:
		n.sys, err = r.roots[n.root].Dir.sys.open(r.roots[n.root].Name)
	}
	if n.parent != nil {
		n.parent.release()
	}
	if err != nil {
		return err
	}
	if n.stat, err = n.sys.stat(); err == nil && n.stat.ID.Dev != dev {
		err = ErrMountPoint
	}
	if err != nil {
		n.sys.close()
	}
	return err
}

func (r *reader) read(n *node) {
	if err := r.open(n); err != nil {
		if !(errors.Is(err, fs.ErrNotExist) && n.parent != nil) {
			r.fail(n, "", err)
		}
		return
	}
	n.refs.Store(1)
	defer n.release()
	f := &Folder{Root: n.root, Depth: n.depth, Top: n.top(), Stat: n.stat, node: n}
	r.ents.reset(n.sys)
	r.kids = r.kids[:0]
	for first := true; ; first = false {
		more, err := r.ents.fill()
		if err != nil {
			r.fail(n, "", err)
		}
		if err != nil || !more {
			if first {
				r.v.Visit(r.worker, f, true, nil, nil)
			}
			break
		}
		r.chunk(n)
		r.v.Visit(r.worker, f, first, r.items, r.descend)
		for i, it := range r.items {
			if it.IsDir() && r.descend[i] {
				n.refs.Add(1)
				r.kids = append(r.kids, &node{parent: n, name: strings.Clone(it.Name), root: n.root, depth: n.depth + 1})
			}
		}
	}
	r.q.push(r.kids...)
}

// chunk turns the names in the buffer into items.
func (r *reader) chunk(n *node) {
	r.items, r.descend = r.items[:0], r.descend[:0]
	for r.ents.next() {
		it := Item{Name: r.ents.name()}
		kind, known := r.ents.kind()
		if known && (r.o.NamesOnly || kind.IsDir()) {
			it.Type = kind
		} else {
			st, err := n.sys.lstat(it.Name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				r.fail(n, strings.Clone(it.Name), err)
				continue
			}
			it.Type, it.Stat = st.Mode.Type(), st
			if kind == fs.ModeSymlink {
				it.Type = kind // never enter what has taken its place
			}
		}
		r.items = append(r.items, it)
		r.descend = append(r.descend, true)
	}
}

// networkJobs is the default number of workers on a network file system. Each call waits
// for the server. The client makes calls for several folders at a time, but changes one
// folder by one call after the other. bench/nfs compares numbers.
const networkJobs = 32

// readJobs returns the number of workers that read a tree; 0 means the default.
func readJobs(jobs int) int {
	if jobs > 0 {
		return jobs
	}
	return parallel.Workers()
}
