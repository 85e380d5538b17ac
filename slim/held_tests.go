package slim

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"gclean/internal/order"
)

// source is a file that may import modules: a module, a script, a list of entry
// points.
type source struct {
	path       string // below the prefix
	references []reference
	err        error // it could not be read
}

// holder is what keeps a test folder: a file that imports from it, or err, a file
// that might and could not be read.
type holder struct {
	by  string
	err error
}

// heldTests are the test folders that something needs which stays: modules
// outside of them, or in others that stay, import from them or name them. load
// returns the files in one of folders that may import, or those in none of them for
// "": what is in folders that go is never asked for.
func heldTests(folders []string, load func(folder string) ([]source, error)) (map[string]holder, error) {
	g := &testGraph{list: folders, folders: map[string]bool{}, held: map[string]holder{}, modules: map[string]moduleNames{}, ends: map[string]map[string]bool{}, parents: parentsOf(folders)}
	for _, f := range folders {
		g.folders[f] = true
		if root := importRoot(f); !slices.Contains(g.roots, root) {
			g.roots = append(g.roots, root)
		}
	}
	live := []string{""}
	for len(live) > 0 {
		sources, err := load(live[0])
		if err != nil {
			return nil, err
		}
		live = live[1:]
		order.By(sources, func(a, b source) int { return cmp.Compare(a.path, b.path) })
		for _, s := range sources {
			live = append(live, g.follow(s)...)
			g.speakers(s)
		}
		live = append(live, g.dynamic()...)
	}
	return g.held, nil
}

// testGraph is what is known while test folders are being held.
type testGraph struct {
	list    []string        // the folders
	folders map[string]bool // the same
	roots   []string        // that folders are below
	held    map[string]holder
	// What is known of folders that several modules name together: see dynamic.
	parents  packageSet
	modules  map[string]moduleNames     // by moduleOf
	ends     map[string]map[string]bool // by topOf
	dynamics []dynamicModule
}

// follow holds what s imports or names and returns what was not held before.
func (g *testGraph) follow(s source) []string {
	var found []string
	hold := func(folder string) {
		if _, ok := g.held[folder]; !ok {
			g.held[folder] = holder{by: s.path, err: s.err}
			found = append(found, folder)
		}
	}
	if s.err != nil {
		pkg := packageOf(s.path)
		for _, f := range g.list {
			if (pkg == "" || within(f, pkg)) && !trusted(s.path, f, false) {
				hold(f)
			}
		}
		return found
	}
	for _, f := range g.apart(s) {
		hold(f)
	}
	for _, r := range s.references {
		if r.word || r.stub {
			continue
		}
		for _, f := range g.list {
			if r.quoted && names(s.path, r.module, f) && !trusted(s.path, f, true) {
				hold(f)
			}
		}
		for _, at := range g.places(s.path, r) {
			// The module may be in the folder, or what was imported a name in it.
			for end := len(at); end > 0; end = strings.LastIndexByte(at[:end], '/') {
				if f := at[:end]; g.folders[f] && !trusted(s.path, f, r.quoted) {
					hold(f)
				}
			}
		}
	}
	return found
}

// apart are the test folders whose package a file imports or names, and whose place
// in it is in another string of the file: import pkg and (..., "tests", "x.json").
func (g *testGraph) apart(s source) []string {
	var ends []string
	packages := map[string]bool{}
	for _, r := range s.references {
		switch {
		case r.stub:
		case r.quoted:
			ends = append(ends, r.module)
		case r.level == 0:
			for end := len(r.module); end > 0; end = strings.LastIndexByte(r.module[:end], '/') {
				packages[r.module[:end]] = true
			}
		}
	}
	if len(ends) == 0 {
		return nil
	}
	var found []string
	for _, root := range g.roots {
		for pkg := range packages {
			for _, end := range ends {
				if f := root + "/" + pkg + "/" + end; g.folders[f] && !within(s.path, f) && !trusted(s.path, f, true) {
					found = append(found, f)
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// names says whether a string in a file may be about a test folder of the file's own
// package: the end of its path, "core/tests", or only its name, in a module beside
// or below the folder.
func names(file, end, folder string) bool {
	pkg := packageOf(file)
	if pkg == "" || !within(folder, pkg) || within(file, folder) || !strings.HasSuffix(folder, "/"+end) {
		return false
	}
	return strings.Contains(end, "/") || within(file, path.Dir(folder))
}

// places are the paths below the prefix that a reference in a file may mean.
func (g *testGraph) places(file string, r reference) []string {
	if r.level == 0 {
		var list []string
		for _, root := range g.roots {
			list = append(list, root+"/"+r.module)
		}
		return list
	}
	dir := path.Dir(file)
	root := importRoot(dir)
	for range r.level - 1 {
		dir = path.Dir(dir)
	}
	if root == "" || !within(dir, root) {
		return nil
	}
	return []string{path.Join(dir, r.module)}
}

// trusted says that what a file has of a test folder does not count. The standard
// library's modules name its tests in functions that only its tests call
// (_cleanup_tests in multiprocessing/util.py, macosx.py of idlelib), and below "if
// __name__ == '__main__'" in idlelib. Strings such as "test.test_importlib" in
// setuptools' _distutils_hack are about tests that may be running.
func trusted(file, folder string, quoted bool) bool {
	return isStandardLibrary(importRoot(folder)) && (quoted || isStandardLibrary(importRoot(path.Dir(file))))
}

// packageOf is the folder of the package at the top that a file is of, "" if it
// is of none.
func packageOf(file string) string {
	root := importRoot(path.Dir(file))
	if root == "" || path.Dir(file) == root {
		return ""
	}
	top, _, _ := strings.Cut(file[len(root)+1:], "/")
	return root + "/" + top
}
