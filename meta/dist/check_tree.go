package dist

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"

	"gclean/internal/order"
	"gclean/internal/parallel"
	"gclean/walk"
)

// checker checks one extracted package.
type checker struct {
	dir     *walk.Dir
	o       CheckOptions
	wanted  map[string]int // index in entries by key; not changed once the tree is read
	fold    bool           // the package is for Windows
	entries []checkedEntry // each changed by one goroutine at a time

	mu       sync.Mutex
	findings []Finding
	toRead   []toRead
	unread   unread
	symlinks map[string]bool // symlinks in the tree, by key
}

// unread are the paths that could not be read: nothing is known about the files below them.
type unread []string

func (u unread) covers(name string) bool {
	return slices.ContainsFunc(u, func(top string) bool {
		return top == "" || name == top || strings.HasPrefix(name, top+"/")
	})
}

// checkedEntry is a path of the list, and what was found there.
type checkedEntry struct {
	PathEntry
	seen   bool
	target string // of a symlink that was read
}

// anyType is the type of a path listed in info/files: a file or a symlink.
const anyType PathType = -1

// toRead is a file or symlink whose content must be read.
type toRead struct {
	folder, name string // the folder's path has slashes; "" is the package itself
	entry        int    // index in entries
	size         int64
}

func (c *checker) add(f Finding) {
	c.mu.Lock()
	c.findings = append(c.findings, f)
	c.mu.Unlock()
}

// readTree compares the existing names, their types and sizes.
func (c *checker) readTree(ctx context.Context, python bool) {
	v := &treeVisitor{c, python}
	if walk.Read(ctx, []walk.Root{{Dir: c.dir}}, walk.ReadOptions{Jobs: c.o.Jobs}, v) != nil {
		return
	}
	behind := v.readBehind()
	for _, e := range c.entries {
		if !e.seen && !c.unread.covers(e.Path) && !behind[e.Path] {
			c.add(Finding{Kind: Missing, Path: e.Path})
		}
	}
}

type treeVisitor struct {
	*checker
	python bool // it is a noarch Python package
}

// Fail implements walk.Visitor.
func (v *treeVisitor) Fail(_, _ int, name string, err error) {
	if rel, e := filepath.Rel(v.dir.Path(), name); e == nil {
		name = filepath.ToSlash(rel)
		if name == "." {
			name = ""
		}
	}
	v.mu.Lock()
	v.unread = append(v.unread, name)
	v.mu.Unlock()
	v.add(Finding{Kind: Unreadable, Path: name, Err: err})
}

// Visit implements walk.Visitor: it compares the names in a folder.
func (v *treeVisitor) Visit(_ int, f *walk.Folder, _ bool, items []walk.Item, descend []bool) {
	folder := f.Path()
	var read []toRead
	for n, it := range items {
		name := strings.Clone(it.Name)
		full := path.Join(folder, name)
		if it.Type&fs.ModeSymlink != 0 {
			v.addSymlink(full)
		}
		i, ok := v.find(full)
		switch {
		case ok:
			e := &v.entries[i]
			e.seen = true
			descend[n] = it.IsDir() && (e.Type == PathDirectory || e.Type == PathSoftlink && runtime.GOOS == "windows")
			if v.compare(e, it) || v.mayBeCopy(e, it) {
				read = append(read, toRead{folder, name, i, it.Stat.Size})
			}
		case !it.IsDir() && !v.expected(full):
			kind := Added
			if v.leftByTool(full) {
				kind = AddedByTool
			}
			v.add(Finding{Kind: kind, Path: full})
		}
	}
	if len(read) > 0 {
		v.mu.Lock()
		v.toRead = append(v.toRead, read...)
		v.mu.Unlock()
	}
}

// expected reports whether a file may exist without being in the list.
func (v *treeVisitor) expected(full string) bool {
	return strings.HasPrefix(full, "info/") ||
		v.python && strings.HasSuffix(full, ".pyc") && path.Base(path.Dir(full)) == "__pycache__"
}

// leftByTool reports whether an unlisted file is one that tools leave in many folders and
// that no installer links. These are byte code beside its source or in __pycache__, and
// files of file managers (macOS, Windows) and of NFS.
func (v *treeVisitor) leftByTool(full string) bool {
	name := path.Base(full)
	switch name {
	case ".DS_Store", "Thumbs.db", "desktop.ini":
		return true
	}
	for _, start := range []string{"._", ".nfs", ".fuse_hidden"} {
		if strings.HasPrefix(name, start) {
			return true
		}
	}
	ending := path.Ext(name)
	if ending != ".pyc" && ending != ".pyo" {
		return false
	}
	_, source := v.find(strings.TrimSuffix(full, ending) + ".py")
	return source || path.Base(path.Dir(full)) == "__pycache__"
}

// mayBeCopy reports whether it, found in place of a symlink, is a file that must be read.
// compare leaves such files to mayBeCopy.
func (v *treeVisitor) mayBeCopy(e *checkedEntry, it walk.Item) bool {
	if e.Type != PathSoftlink || !it.Type.IsRegular() || runtime.GOOS == "windows" {
		return false
	}
	empty := it.Stat.Size == 0
	if !empty && (v.o.Fast || e.SHA256 == "" || e.Size >= 0 && e.Size != it.Stat.Size) {
		v.add(Finding{Kind: WrongType, Path: e.Path, Want: typeName(e.Type), Got: typeName(PathHardlink)})
		return false
	}
	if empty {
		v.add(Finding{Kind: NoSymlink, Path: e.Path})
	}
	return !empty
}

// compare compares what it can without reading the content, and reports whether the content
// must be read.
func (v *treeVisitor) compare(e *checkedEntry, it walk.Item) (more bool) {
	got := PathHardlink
	switch {
	case it.IsDir():
		got = PathDirectory
	case it.Type&fs.ModeSymlink != 0:
		got = PathSoftlink
	case it.Type != 0:
		v.add(Finding{Kind: WrongType, Path: e.Path, Want: e.Type.String(), Got: it.Type.String()})
		return false
	}
	switch {
	case e.Type == anyType && got != PathDirectory:
		return false
	case e.Type == anyType:
		v.add(Finding{Kind: WrongType, Path: e.Path, Want: "file", Got: "folder"})
		return false
	case e.Type == PathSoftlink && got != PathSoftlink && runtime.GOOS == "windows":
		// Where symlinks are not allowed, unpackers make a copy.
		if got == PathDirectory {
			return false
		}
	case e.Type == PathSoftlink && got == PathHardlink:
		return false // left to mayBeCopy
	case e.Type != got:
		v.add(Finding{Kind: WrongType, Path: e.Path, Want: typeName(e.Type), Got: typeName(got)})
		return false
	}
	switch got {
	case PathDirectory:
		return false
	case PathHardlink:
		if e.Size >= 0 && e.Size != it.Stat.Size {
			v.add(Finding{Kind: WrongSize, Path: e.Path, Want: fmt.Sprint(e.Size), Got: fmt.Sprint(it.Stat.Size)})
			return false
		}
		return !v.o.Fast && e.SHA256 != ""
	}
	return true
}

// typeName returns the name of a path type on a disk.
func typeName(t PathType) string {
	switch t {
	case PathSoftlink:
		return "symlink"
	case PathDirectory:
		return "folder"
	}
	return "file"
}

// The files of a folder are read in lots. So workers share a large folder, and need not
// open it for each file.
const (
	lotFiles = 64
	lotBytes = 4 << 20
)

// readFiles compares contents, Jobs files at a time.
func (c *checker) readFiles(ctx context.Context) {
	order.By(c.toRead, func(a, b toRead) int { return strings.Compare(a.folder, b.folder) })
	var lots [][]toRead
	for rest := c.toRead; len(rest) > 0; {
		n, bytes := 0, int64(0)
		for n < len(rest) && n < lotFiles && bytes < lotBytes && rest[n].folder == rest[0].folder {
			bytes += rest[n].size
			n++
		}
		lots = append(lots, rest[:n])
		rest = rest[n:]
	}
	hashers := sync.Pool{New: func() any { return newHasher(HashOptions{SHA256: true, Done: c.o.Done}) }}
	// The only error is that of ctx, which the caller checks.
	_ = parallel.Each(ctx, c.o.Jobs, lots, func(lot []toRead) error {
		h := hashers.Get().(*hasher)
		defer hashers.Put(h)
		c.readLot(ctx, h, lot)
		return nil
	})
}

// readLot reads files of one folder.
func (c *checker) readLot(ctx context.Context, h *hasher, lot []toRead) {
	folder, err := c.dir.OpenBelow(lot[0].folder)
	if err != nil {
		for _, r := range lot {
			c.fail(r, err)
		}
		return
	}
	defer folder.Close()
	for _, r := range lot {
		if ctx.Err() != nil {
			return
		}
		if err := c.readOne(ctx, h, folder, r); err != nil {
			c.fail(r, err)
		}
	}
}

func (c *checker) readOne(ctx context.Context, h *hasher, folder *walk.Dir, r toRead) error {
	e := &c.entries[r.entry]
	if e.Type == PathSoftlink {
		target, err := folder.Readlink(r.name)
		if err == nil {
			e.target = filepath.ToSlash(target)
			return nil
		}
		if runtime.GOOS != "windows" && !errors.Is(err, syscall.EINVAL) {
			return err
		}
	}
	f, err := folder.OpenFile(r.name)
	if err != nil {
		return err
	}
	defer f.Close()
	got, err := h.hash(ctx, f)
	switch {
	case err != nil:
		return err
	case e.Type == PathSoftlink && runtime.GOOS != "windows" && got.SHA256 != e.SHA256:
		c.add(Finding{Kind: WrongType, Path: e.Path, Want: typeName(e.Type), Got: typeName(PathHardlink)})
	case e.Type == PathSoftlink && runtime.GOOS != "windows":
		c.add(Finding{Kind: NoSymlink, Path: e.Path})
	case e.Size >= 0 && e.Size != got.Size: // it changed during the check
		c.add(Finding{Kind: WrongSize, Path: e.Path, Want: fmt.Sprint(e.Size), Got: fmt.Sprint(got.Size)})
	case got.SHA256 != e.SHA256:
		c.add(Finding{Kind: WrongHash, Path: e.Path, Want: e.SHA256, Got: got.SHA256})
	}
	return nil
}

// fail adds a finding for a file that could not be read. The error of ctx is not a finding.
func (c *checker) fail(r toRead, err error) {
	kind := Unreadable
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return
	case errors.Is(err, fs.ErrNotExist):
		kind, err = Missing, nil
	}
	c.add(Finding{Kind: kind, Path: c.entries[r.entry].Path, Err: err})
}

// joinLink returns the path that a symlink leads to.
func joinLink(link, target string) string { return path.Join(path.Dir(link), target) }
