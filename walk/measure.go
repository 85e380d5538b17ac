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

// Tree is what Measure found below one root.
type Tree struct {
	// Usage counts in Disk, Shared and Inodes only folders and inodes with one
	// link: the others are in Links, where it is known whether all their links are.
	Usage  Usage
	Newest int64 // nanoseconds since 1970: the newest change time of an inode in the tree
	// Payload says that there is a file outside the folder "info" at the top:
	// something that an environment could link.
	Payload bool
	// Marked are the folders in which a folder named MeasureOptions.Mark was
	// found, slash-separated below the root: "" for the root itself.
	Marked []string
	// Samples are some of the files that count as payload, chosen at random.
	Samples []Sample
	// Sealed says that this process cannot empty a folder in the tree: it is
	// another user's and may not be written to. The error names it.
	Sealed error
	Err    error // first thing that could not be read; the rest is then a lower bound
}

// Sample is one file of a tree as it was measured.
type Sample struct {
	Path string // slash-separated, below the root
	Stat Stat
}

// MeasureOptions say how Measure works. The zero value is usable.
type MeasureOptions struct {
	Jobs int // folders read at a time; 0 chooses
	// Except is the name of the folder at the top of each root whose files do
	// not count as payload.
	Except string
	// Mark is the name of a folder to look out for, "" for none.
	Mark string
	// Extents asks for the bytes that files share, where the file system of a root
	// can tell: every file is opened for it.
	Extents bool
	// Samples is how many files of each tree become its Samples.
	Samples int
	// Done is told of every folder that was read, for progress: its names.
	Done func(names int)
}

// Measure reads the trees below roots and returns what each takes up and the
// names of all inodes with several links, by index of the root. The error is
// that of ctx.
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
	seen    int // files that may become samples
}

// measurer is the Visitor of Measure.
type measurer struct {
	o      MeasureOptions
	trees  []measured
	links  []Links // one for each worker
	roots  []Root
	euid   int     // -1 on Windows, where folders have no owner here
	askers *askers // nil where nothing is asked
}

// askers ask which bytes of files are shared.
type askers struct {
	roots   []bool          // those whose file systems can tell
	workers []extents.Asker // one for each worker
}

// newAskers is nil where no file system can tell.
func newAskers(roots []Root, jobs int) *askers {
	a := &askers{roots: make([]bool, len(roots))}
	tells := map[uint64]bool{} // by device: no tree goes beyond its own
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

// shared is how many bytes of an item are shared. What has no blocks is not asked.
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

// sample takes files of a folder among the samples, so that each file of the tree is as
// likely to be one as any other.
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

// seal notes a folder with something in it, of another user, if it cannot be
// emptied. One's own can always be made writable.
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
