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

// CheckOptions say how CheckExtracted works. The zero value is usable.
type CheckOptions struct {
	// Dist is the name-version-build that the package should be. Empty takes
	// the name of the folder, which in rattler's cache may have a hash behind it.
	Dist string
	// Fast compares presence, types and sizes, and reads no content.
	Fast bool
	// Jobs is the number of files read at a time; 0 chooses the number of processors.
	Jobs int
	// Done gets the numbers of bytes read of the package's files, from several
	// goroutines at a time; may be nil.
	Done func(bytes int64)
	// Memory is shared by all who read at the same time; nil bounds each alone. A list
	// of paths takes four times its length.
	Memory *Memory
}

// CheckExtracted compares an extracted package with its info/paths.json, or
// with info/files where it is too old to have one: then only presence can be
// compared. It only reads, and never through a symlink. Findings are sorted by
// path; none but notes mean that the package is what it was, as far as its info
// folder says. An error means that nothing is known: that of ctx, or of the folder.
//
// In a cache, prefix placeholders are not yet replaced, so files that have one
// are compared like all others (sha256_in_prefix is of environments). Files
// below info/ are not listed and count as the package's; so does the byte code
// that Python leaves in __pycache__ of a noarch Python package. Elsewhere byte code
// and what file managers leave is a note. Folders count only where the list has
// them.
//
// Of a symlink nothing says where it led. What it leads to has to be what the list
// says, if that is in the package. One that leads out is a note, unless a file of
// the package has the hash that the list gives. A file in place of a symlink is a
// note if it is empty, or a copy: packages that were made or unpacked on Windows
// have such. The paths of a package for Windows are compared without regard to case,
// and with \ as /.
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

// takeMemory takes what the list of paths will need.
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

// addInfo adds what is wrong with a file of info/.
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

// listPaths fills in what is wanted; false if that is not known.
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

// checkTargets follows the symlinks inside of the package, by the list, and
// compares what they lead to with what they led to.
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
			continue // in another package, or nothing to compare
		}
		c.add(Finding{Kind: WrongTarget, Path: link.Path, Want: "a file of SHA-256 " + link.SHA256, Got: end.Path})
	}
}

// checkWayOut judges a symlink that leads out: it is a note, unless it led to a file
// of the package. A target below the place that the package was built in is what it
// was.
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

// key is the path by which c.wanted knows one.
func (c *checker) key(path string) string {
	if c.fold {
		return strings.ToLower(path)
	}
	return path
}

// find is the index of a path in c.entries.
func (c *checker) find(path string) (i int, ok bool) {
	i, ok = c.wanted[c.key(path)]
	return i, ok
}

// follow is the entry that a symlink leads to in the end; nil if it is not
// listed.
func (c *checker) follow(e *checkedEntry) *checkedEntry {
	for range 40 { // as often as Linux follows
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
