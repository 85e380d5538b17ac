package walk

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"gclean/walk/extents"
)

// Tree is the result of Measure for one root.
type Tree struct {
	// Usage counts in Disk, Shared and Inodes only folders, and inodes with a single link.
	// Links has the others, and knows whether all their links were found.
	Usage  Usage
	Newest int64 // newest change time of an inode in the tree, in nanoseconds since 1970
	// Payload says that there is a file outside the folder "info" at the top, which an
	// environment could link.
	Payload bool
	// Marked are the folders that contain a folder named MeasureOptions.Mark,
	// slash-separated below the root; "" means the root itself.
	Marked []string
	// Samples are some of the payload files, chosen at random.
	Samples []Sample
	// Sealed says that this process cannot empty a folder in the tree: it belongs to
	// another user and is not writable. The error contains its path.
	Sealed error
	Err    error // the first error; the other figures are then lower bounds
}

// Sample is one file of a tree as it was measured.
type Sample struct {
	Path string // slash-separated, below the root
	Stat Stat
}

// MeasureOptions is the input of Measure. The zero value is usable.
type MeasureOptions struct {
	Jobs int // folders read at a time; 0 chooses a number
	// Except is the name of the folder at the top of each root whose files do not count as
	// payload.
	Except string
	// Mark is the name of a folder to look for; "" for none.
	Mark string
	// Extents asks which bytes files share, if the file system of a root can tell. That
	// opens every file.
	Extents bool
	// Samples is how many files of each tree to return in its Samples.
	Samples int
	// Done is called for each folder that was read, with the number of its names.
	Done func(names int)
}

// Measure reads the trees below roots. It returns what each takes up, by index of the root,
// and the names of all inodes with several links. It returns an error only if ctx ends.
func Measure(ctx context.Context, roots []Root, o MeasureOptions) ([]Tree, *Links, error) {
	ro := ReadOptions{Jobs: o.Jobs}
	m := &measurer{
		o:     o,
		trees: make([]measured, len(roots)),
		links: make([]Links, ro.jobs(roots)),
		roots: roots,
		euid:  os.Geteuid(),
	}
	if o.Extents {
		m.askers = newAskers(roots, ro.jobs(roots))
	}
	err := Read(ctx, roots, ro, m)
	trees := make([]Tree, len(roots))
	for i := range m.trees {
		trees[i] = m.trees[i].Tree
		trees[i].Payload = m.trees[i].payload.Load()
	}
	links := new(Links)
	for i := range m.links {
		links.Merge(&m.links[i], 0)
	}
	return trees, links, err
}

type measured struct {
	mu sync.Mutex
	Tree
	payload atomic.Bool
	seen    int // number of files considered as samples
}

// measurer is the Visitor of Measure.
type measurer struct {
	o      MeasureOptions
	trees  []measured
	links  []Links // one for each worker
	roots  []Root
	euid   int     // -1 on Windows, where Stat has no owner
	askers *askers // nil if no file system can tell
}

// askers ask which bytes of files are shared.
type askers struct {
	roots   []bool          // by index of the root: its file system can tell
	workers []extents.Asker // one for each worker
}

// newAskers returns nil if no file system can tell.
func newAskers(roots []Root, jobs int) *askers {
	a := &askers{roots: make([]bool, len(roots))}
	tells := map[uint64]bool{} // by device, since no tree goes beyond its own
	for i, r := range roots {
		dev := r.Dir.stat.ID.Dev
		if _, ok := tells[dev]; !ok {
			tells[dev] = r.Dir.MayShareExtents()
		}
		if tells[dev] {
			a.roots[i] = true
		}
	}
	if !slices.Contains(a.roots, true) {
		return nil
	}
	a.workers = make([]extents.Asker, jobs)
	return a
}

// shared returns how many bytes of an item are shared. It does not ask about items without
// blocks.
func (a *askers) shared(worker int, f *Folder, it *Item) int64 {
	if a == nil || !a.roots[f.Root] || it.Stat.Disk == 0 || !it.Type.IsRegular() {
		return 0
	}
	return min(f.node.sys.sharedExtents(&a.workers[worker], it.Name), it.Stat.Disk)
}

func (m *measurer) Visit(worker int, f *Folder, first bool, items []Item, descend []bool) {
	var u Usage
	newest := int64(0)
	if first {
		u.Dirs, u.Inodes, u.Disk = 1, 1, f.Stat.Disk
		newest = f.Stat.Ctime
		if m.euid >= 0 && int(f.Stat.UID) != m.euid && len(items) > 0 {
			m.seal(f)
		}
	}
	files := false
	for i := range items {
		if items[i].IsDir() {
			if items[i].Name == m.o.Mark {
				m.mark(f)
			}
			continue
		}
		files = true
		st := &items[i].Stat
		u.Files++
		u.Apparent += st.Size
		newest = max(newest, st.Ctime)
		shared := m.askers.shared(worker, f, &items[i])
		if st.Nlink > 1 {
			m.links[worker].Add(f.Root, *st)
			m.links[worker].Share(st.ID, shared)
		} else {
			u.Disk += st.Disk
			u.Shared += shared
			u.Inodes++
		}
	}
	t := &m.trees[f.Root]
	if files && !t.payload.Load() && (f.Top != m.o.Except || f.Depth == 0) {
		t.payload.Store(true)
	}
	t.mu.Lock()
	t.Usage.Add(u)
	t.Newest = max(t.Newest, newest)
	if m.o.Samples > 0 && (f.Top != m.o.Except || f.Depth == 0) {
		t.sample(m.o.Samples, f, items)
	}
	t.mu.Unlock()
	if m.o.Done != nil {
		m.o.Done(len(items))
	}
}

// sample chooses files of a folder as samples, so that all files of the tree are equally
// likely to be chosen.
func (t *measured) sample(n int, f *Folder, items []Item) {
	for i := range items {
		if !items[i].Type.IsRegular() {
			continue
		}
		t.seen++
		at := len(t.Samples)
		if at == n {
			at = rand.IntN(t.seen)
		}
		if at >= n {
			continue
		}
		s := Sample{Path: path.Join(f.Path(), items[i].Name), Stat: items[i].Stat}
		if at == len(t.Samples) {
			t.Samples = append(t.Samples, s)
		} else {
			t.Samples[at] = s
		}
	}
}

// seal notes a folder of another user that is not empty and cannot be emptied. A user's own
// folder can always be made writable.
func (m *measurer) seal(f *Folder) {
	err := f.node.sys.writable()
	if err == nil {
		return
	}
	t := &m.trees[f.Root]
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Sealed == nil {
		path := filepath.Join(m.roots[f.Root].Path(), filepath.FromSlash(f.Path()))
		t.Sealed = &fs.PathError{Op: "empty", Path: path, Err: err}
	}
}

func (m *measurer) mark(f *Folder) {
	t := &m.trees[f.Root]
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Marked = append(t.Marked, f.Path())
}

func (m *measurer) Fail(_, root int, _ string, err error) {
	t := &m.trees[root]
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Err == nil {
		t.Err = err
	}
}
