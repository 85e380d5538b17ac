package dist

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"gclean/internal/order"
	"gclean/internal/parallel"
	"gclean/walk"
)

// CheckOptions is the input of CheckExtracted. The zero value is usable.
type CheckOptions struct {
	// Dist is the expected name-version-build. "" means the name of the folder, which in
	// rattler's cache may end in a hash.
	Dist string
	// Fast compares existence, types and sizes, and reads no content.
	Fast bool
	// Jobs is the number of files read at a time; 0 means the number of processors.
	Jobs int
	// Done is called with the number of bytes just read of the package's files, by several
	// goroutines; it may be nil.
	Done func(bytes int64)
	// Memory is shared by everything that reads at the same time; nil limits each check
	// alone. A list of paths takes four times its length.
	Memory *Memory
}

// CheckExtracted compares an extracted package with its info/paths.json. Packages too old
// to have one are compared with info/files, which only shows whether files exist. It only
// reads, and never follows a symlink. Findings are sorted by path. If all of them are
// notes, the package is what it was, according to its info folder. An error means that
// nothing is known: it is that of ctx or of the folder.
//
// In a cache, prefix placeholders are not replaced yet, so files with one are compared like
// all others (sha256_in_prefix is about environments). Files below info/ are in no list,
// and belong to the package. So does the byte code that Python leaves in __pycache__ of a
// noarch Python package. Byte code elsewhere, and files of file managers, are notes.
// Folders count only if they are in the list.
//
// Nothing records the target of a symlink. If it leads to a file in the package, that file
// must have the hash in the list. A symlink that leads out is a note, unless a file of the
// package has that hash. A file in place of a symlink is a note if it is empty or a copy,
// as in packages made or unpacked on Windows. In a package for Windows, paths are compared
// without regard to case, and with \ as /.
func CheckExtracted(ctx context.Context, dir *walk.Dir, o CheckOptions) ([]Finding, error) {
	if o.Dist == "" {
		o.Dist = filepath.Base(dir.Path())
	}
	if o.Jobs <= 0 {
		o.Jobs = parallel.Processors()
	}
	c := &checker{dir: dir, o: o, wanted: make(map[string]int)}
	index := c.checkIndex(ctx)
	memory, err := c.takeMemory(ctx)
	if err != nil {
		return nil, err
	}
	defer memory.give()
	c.fold = strings.HasPrefix(index.Subdir, "win-")
	if c.listPaths(ctx) {
		c.readTree(ctx, index.Noarch == "python")
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.readFiles(ctx)
		c.checkTargets()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	order.By(c.findings, compareFindings)
	return c.findings, nil
}

// takeMemory reserves the memory that the list of paths will need.
func (c *checker) takeMemory(ctx context.Context) (*share, error) {
	var size int64
	if info, err := c.dir.OpenDir("info"); err == nil {
		for _, name := range []string{"paths.json", "files"} {
			if st, err := info.Lstat(name); err == nil {
				size = max(size, st.Size)
			}
		}
		info.Close()
	}
	memory, err := c.o.Memory.take(ctx, 4*min(size, commonList))
	if err == nil && size > commonList {
		if err = memory.enlarge(ctx); err != nil {
			memory.give()
		}
	}
	return memory, err
}

// checkIndex compares the package's name with info/index.json.
func (c *checker) checkIndex(ctx context.Context) Index {
	index, err := ReadIndex(ctx, Extracted{Dir: c.dir})
	switch {
	case err != nil:
		c.addInfo("info/index.json", err)
	case !SameName(index.Dist(), c.o.Dist):
		c.add(Finding{Kind: WrongName, Want: index.Dist(), Got: c.o.Dist})
	}
	return index
}

// addInfo adds a finding for an error about a file of info/.
func (c *checker) addInfo(name string, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.add(Finding{Kind: Missing, Path: name})
	case errors.Is(err, ErrDamaged), errors.Is(err, ErrUnsafe), errors.Is(err, ErrLimit):
		c.add(Finding{Kind: BadInfo, Path: name, Err: err})
	default:
		c.add(Finding{Kind: Unreadable, Path: name, Err: err})
	}
}

// listPaths reads the list of paths. It returns false if there is no valid list.
func (c *checker) listPaths(ctx context.Context) bool {
	name := "info/paths.json"
	list, err := ReadPaths(ctx, Extracted{Dir: c.dir})
	if errors.Is(err, fs.ErrNotExist) {
		files, old := ReadFiles(ctx, Extracted{Dir: c.dir})
		if old == nil || !errors.Is(old, fs.ErrNotExist) {
			name, err = "info/files", old
		}
		for _, path := range files {
			list.Entries = append(list.Entries, PathEntry{Path: path, Type: anyType, Size: -1})
		}
	}
	if err != nil {
		c.addInfo(name, err)
		return false
	}
	paths := newMemberSet(Limits{}.withDefaults())
	for _, e := range list.Entries {
		if c.fold {
			e.Path = strings.ReplaceAll(e.Path, `\`, "/")
		}
		clean, err := paths.clean("path", e.Path)
		if err == nil && clean == "" {
			err = damaged("the path %s is the package itself", printable(e.Path))
		}
		if err != nil {
			c.add(Finding{Kind: BadInfo, Path: name, Err: err})
			continue
		}
		if _, twice := c.find(clean); !twice {
			e.Path = clean
			c.wanted[c.key(clean)] = len(c.entries)
			c.entries = append(c.entries, checkedEntry{PathEntry: e})
		}
	}
	return true
}

// checkTargets follows the symlinks that stay in the package, and compares their ends with
// the list.
func (c *checker) checkTargets() {
	for i := range c.entries {
		link := &c.entries[i]
		if link.target == "" {
			continue
		}
		if leadsOut(link.Path, link.target) {
			c.checkWayOut(link)
			continue
		}
		end := c.follow(link)
		if end == nil || end.Type != PathHardlink || end.SHA256 == "" || link.SHA256 == "" || link.Size <= 0 || end.SHA256 == link.SHA256 {
			continue // it ends in another package, or there is nothing to compare
		}
		c.add(Finding{Kind: WrongTarget, Path: link.Path, Want: "a file of SHA-256 " + link.SHA256, Got: end.Path})
	}
}

// checkWayOut judges a symlink that leads out of the package. That is a note, unless the
// symlink led to a file of the package when it was built. A target in the folder where the
// package was built is also a note.
func (c *checker) checkWayOut(link *checkedEntry) {
	if link.SHA256 != "" && link.Size > 0 {
		same := func(e checkedEntry) bool { return e.Type == PathHardlink && e.SHA256 == link.SHA256 }
		built := func(e checkedEntry) bool { return same(e) && strings.HasSuffix(link.target, "/"+e.Path) }
		if slices.ContainsFunc(c.entries, same) && !slices.ContainsFunc(c.entries, built) {
			c.add(Finding{Kind: WrongTarget, Path: link.Path, Want: "a path in the package", Got: link.target})
			return
		}
	}
	c.add(Finding{Kind: LeadsOut, Path: link.Path, Got: link.target})
}

// key returns the key of a path in c.wanted.
func (c *checker) key(path string) string {
	if c.fold {
		return strings.ToLower(path)
	}
	return path
}

// find returns the index of a path in c.entries.
func (c *checker) find(path string) (i int, ok bool) {
	i, ok = c.wanted[c.key(path)]
	return i, ok
}

// follow returns the entry that a symlink finally leads to, or nil if it is not in the
// list.
func (c *checker) follow(e *checkedEntry) *checkedEntry {
	for range 40 { // as many links as Linux follows
		if e.target == "" {
			return e
		}
		i, ok := c.find(joinLink(e.Path, e.target))
		if !ok || leadsOut(e.Path, e.target) {
			return nil
		}
		e = &c.entries[i]
	}
	return nil
}
