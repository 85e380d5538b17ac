package slim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"gclean/meta"
	"gclean/walk"
)

// file is a file or symlink of the prefix that may go.
type file struct {
	path     string
	place    *place
	kinds    kindSet
	stat     walk.Stat
	recorded bool
	record   string // that lists it, without its ending; of several, the first by name
	lower    bool   // in an earlier layer of an image
	shared   int64  // bytes that other files have too, by reflinks
}

// name is the last component of its path.
func (f *file) name() string { return path.Base(f.path) }

// tree is what was found in a prefix, without what is not of the environment.
type tree struct {
	files      map[string]*file
	modules    map[string]bool // regular files *.py
	code       []string        // what may import modules: *.py, scripts, entry points, *.pth
	compilers  []string
	mayCompile []string             // see mayCompile
	builders   map[string]bool      // of those, what compiles while it runs
	tools      map[string]bool      // what tells of a compiler, if its record lists it: programs, start-up objects
	drivers    []string             // of those, what compiles or links by proof: see findDrivers
	archiver   string               // the first of those that reads static libraries; see findDrivers
	named      string               // one of those by its name alone
	compiled   map[string]bool      // compiled modules, up to the first dot of their names
	libs       []string             // shared libraries and modules
	includers  []string             // what may include sources when it is compiled
	shared     map[string]bool      // shared libraries, without their endings
	packages   map[string]*contents // by record
	others     []string             // places that were not entered
	problems   meta.Problems
}

// readTree reads the prefix, many folders at a time.
func readTree(ctx context.Context, prefix *walk.Dir, jobs int) (*tree, error) {
	v := &treeVisitor{prefix: prefix, tree: &tree{files: map[string]*file{}, modules: map[string]bool{}, tools: map[string]bool{}, shared: map[string]bool{}, compiled: map[string]bool{}, packages: map[string]*contents{}, builders: map[string]bool{}}}
	roots := []walk.Root{{Dir: prefix}}
	if err := walk.Read(ctx, roots, walk.ReadOptions{Jobs: jobs, NamesOnly: true}, v); err != nil {
		return nil, err
	}
	return v.tree, nil
}

// treeVisitor is the walk.Visitor of readTree.
type treeVisitor struct {
	prefix *walk.Dir
	mu     sync.Mutex
	tree   *tree
}

// other says why a folder inside the prefix is not of the environment, nil if it is.
// It does not go by the items: a large folder comes in parts.
func (v *treeVisitor) other(f *walk.Folder, dir string) bool {
	if st, err := f.Lstat("conda-meta"); err == nil && (st.Mode.IsDir() || st.Mode.Type() == fs.ModeSymlink) {
		return true
	}
	if importRoot(dir) != "" {
		return false // a module may bring a file along that is called so
	}
	for _, mark := range meta.CacheMarks() {
		if st, err := f.Lstat(mark); err == nil && st.Mode.IsRegular() {
			return true
		}
	}
	return v.extracted(f, dir)
}

// extracted says whether a folder is a package as a cache has it: its cache may have
// lost its marks.
func (v *treeVisitor) extracted(f *walk.Folder, dir string) bool {
	if st, err := f.Lstat("info"); err != nil || !st.Mode.IsDir() {
		return false
	}
	info, err := v.prefix.OpenBelow(join(dir, "info"))
	if err != nil {
		return false
	}
	defer info.Close()
	st, err := info.Lstat("index.json")
	return err == nil && st.Mode.IsRegular()
}

// Visit implements walk.Visitor.
func (v *treeVisitor) Visit(_ int, f *walk.Folder, first bool, items []walk.Item, descend []bool) {
	dir := f.Path()
	if f.Depth > 0 && v.other(f, dir) {
		clear(descend)
		if first {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.tree.others = append(v.tree.others, dir)
		}
		return
	}
	p := placeOf(dir)
	at := func(name string) string { return strings.Clone(join(dir, name)) } // items are of this call only
	var found []*file
	var modules, code, compilers, may, tools, shared, compiled, libs, includers []string
	var problems meta.Problems
	for i := range items {
		it := &items[i]
		if it.IsDir() {
			descend[i] = dir != "conda-meta"
			continue
		}
		regular := it.Type.IsRegular()
		if !regular && it.Type != fs.ModeSymlink {
			continue
		}
		if regular && strings.HasSuffix(it.Name, ".py") {
			modules = append(modules, at(it.Name))
		}
		if isCode(dir, it.Name) || regular && path.Base(dir) != pycache && v.runs(f, it.Name) {
			code = append(code, at(it.Name))
		}
		if mayCompile(dir, it.Name) {
			may = append(may, at(it.Name))
		}
		if isCompiler(dir, it.Name) {
			compilers = append(compilers, at(it.Name))
		}
		if isIncluder(dir, it.Name) {
			includers = append(includers, at(it.Name))
		}
		if isTool(dir, it.Name) {
			tools = append(tools, at(it.Name))
		}
		if stem := sharedStem(it.Name); stem != "" {
			shared = append(shared, strings.Clone(stem))
			libs = append(libs, at(it.Name))
			if isCompiledModule(it.Name) {
				compiled = append(compiled, at(it.Name))
			}
		}
		kinds := p.of(it.Name)
		if dir == "conda-meta" && it.Name == historyName {
			kinds = setOf(History)
		}
		if kinds == 0 {
			continue
		}
		st, err := f.Lstat(it.Name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			full := filepath.Join(v.prefix.Path(), filepath.FromSlash(at(it.Name)))
			problems = append(problems, meta.Problem{Code: CodeUnreadableFile, Path: full, Err: fmt.Errorf("%s: it cannot be examined: %w", full, err), Failed: true})
			continue
		}
		found = append(found, &file{path: at(it.Name), place: &p, kinds: kinds, stat: st})
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	t := v.tree
	for _, f := range found {
		t.files[f.path] = f
	}
	for _, m := range modules {
		t.modules[m] = true
	}
	for _, tool := range tools {
		t.tools[tool] = true
	}
	t.libs = append(t.libs, libs...)
	t.includers = append(t.includers, includers...)
	for _, module := range compiled {
		t.compiled[stemOf(module)] = true
	}
	for _, stem := range shared {
		t.shared[stem] = true
	}
	t.code = append(t.code, code...)
	t.compilers = append(t.compilers, compilers...)
	t.mayCompile = append(t.mayCompile, may...)
	t.problems = append(t.problems, problems...)
}

// runs says whether a name of a folder is that of a program, by its rights.
func (v *treeVisitor) runs(f *walk.Folder, name string) bool {
	st, err := f.Lstat(name)
	return err == nil && runs(st, name)
}

// Fail implements walk.Visitor.
func (v *treeVisitor) Fail(_, _ int, full string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if errors.Is(err, walk.ErrMountPoint) {
		rel, rerr := filepath.Rel(v.prefix.Path(), full)
		if rerr == nil {
			v.tree.others = append(v.tree.others, filepath.ToSlash(rel))
		}
		return
	}
	v.tree.problems = append(v.tree.problems, meta.Problem{
		Code: CodeUnreadableFolder, Path: full, Err: fmt.Errorf("%s: it cannot be read, so gclean removes nothing in it: %w", full, walk.Cause(err)), Failed: true,
	})
}
