package slim

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"
)

// packageSet has the packages below which there are test folders, with slashes.
type packageSet map[string]bool

// parentsOf are the packages that have folders in them, each with those above it.
func parentsOf(folders []string) packageSet {
	set := packageSet{}
	for _, f := range folders {
		root := importRoot(f)
		for dir := path.Dir(f); len(dir) > len(root); dir = path.Dir(dir) {
			set[dir[len(root)+1:]] = true
		}
	}
	return set
}

// stubs yields the packages of set whose name begins a string that is not whole, such as
// 'pkg.' + name, "pkg.%s", f'pkg.{name}': what is imported from them is said elsewhere.
func stubs(src []byte, set packageSet, yield func(pkg string)) {
	seen := map[string]bool{}
	for at := 0; ; {
		i := bytes.IndexByte(src[at:], '.')
		if i < 0 {
			return
		}
		at += i + 1
		if at == len(src) || strings.IndexByte(`'"{%`, src[at]) < 0 {
			continue
		}
		begin := at - 1
		for begin > 0 && at-begin < maxQuoted && (isIdent(src[begin-1]) || src[begin-1] == '.') {
			begin--
		}
		if begin == 0 || src[begin-1] != '\'' && src[begin-1] != '"' {
			continue
		}
		if pkg := strings.ReplaceAll(string(src[begin:at-1]), ".", "/"); set[pkg] && !seen[pkg] {
			seen[pkg] = true
			yield(pkg)
		}
	}
}

// loaders are in every module that imports, or reads from a package, what it is told.
var loaders = []string{"import_module", "__import__", "run_module", "find_spec", "get_data", "resources"}

// isDynamic says whether a module may import by a name that others have.
func isDynamic(src []byte) bool {
	return slices.ContainsFunc(loaders, func(w string) bool { return bytes.Contains(src, []byte(w)) })
}

// quotedNames yields the packages of set whose name is a whole string.
func quotedNames(src []byte, set packageSet, yield func(pkg string)) {
	seen := map[string]bool{}
	for i := 0; i < len(src); i++ {
		quote := src[i]
		if quote != '\'' && quote != '"' {
			continue
		}
		end := i + 1
		for end < len(src) && (isIdent(src[end]) || src[end] == '.') {
			end++
		}
		if end == i+1 || end == len(src) || src[end] != quote {
			i = end - 1
			continue
		}
		if pkg := strings.ReplaceAll(string(src[i+1:end]), ".", "/"); set[pkg] && !seen[pkg] {
			seen[pkg] = true
			yield(pkg)
		}
		i = end
	}
}

// speakers notes what is needed for dynamic: the packages and test folders that strings of s
// name, and whether it puts names together.
func (g *testGraph) speakers(s source) {
	here := moduleNames{packages: map[string]bool{}, ends: map[string]bool{}}
	m := dynamicModule{file: s.path, uses: []string{moduleOf(s.path)}, tops: []string{topOf(s.path)}}
	dynamic := false
	for _, r := range s.references {
		switch {
		case r.stub:
			dynamic = true
			if r.module != "" {
				m.stubs = append(m.stubs, r.module)
			}
		case r.word:
			if g.parents[r.module] {
				here.packages[r.module] = true
			}
		case r.quoted:
			here.ends[r.module] = true
		default:
			if r.level == 0 {
				top, _, _ := strings.Cut(r.module, "/")
				m.tops = append(m.tops, top)
			}
			for _, at := range g.places(s.path, r) { // a name in the module, or the module
				at = moduleOf(at)
				m.uses = append(m.uses, at, path.Dir(at))
			}
		}
	}
	if len(here.packages)+len(here.ends) > 0 {
		g.modules[moduleOf(s.path)] = here
		top := topOf(s.path)
		if g.ends[top] == nil {
			g.ends[top] = map[string]bool{}
		}
		maps.Copy(g.ends[top], here.ends)
	}
	if dynamic {
		slices.Sort(m.tops)
		slices.Sort(m.uses)
		m.tops, m.uses = slices.Compact(m.tops), slices.Compact(m.uses)
		g.dynamics = append(g.dynamics, m)
	}
}

// moduleNames are what the strings of a module name: packages that have test folders, and test
// folders.
type moduleNames struct{ packages, ends map[string]bool }

// dynamicModule is one that imports by names that are put together.
type dynamicModule struct {
	file  string
	stubs []string // packages that its strings begin with: see stubs
	tops  []string // its package and those that it imports: their strings may end its stubs
	uses  []string // itself and the modules that it imports: their strings may be all of it
}

// dynamic holds test folders that are named in parts by several modules. 'pkg.' + NAME in
// one goes with 'tests' in any of the same package or of one that the first imports;
// 'pkg' and 'tests' go together only in modules that are imported by one that imports
// modules by name.
func (g *testGraph) dynamic() []string {
	var found []string
	for _, m := range g.dynamics {
		for _, top := range m.tops {
			for _, pkg := range m.stubs {
				found = append(found, g.joined(m.file, pkg, g.ends[top])...)
			}
		}
		for _, of := range m.uses {
			for pkg := range g.modules[of].packages {
				for _, with := range m.uses {
					found = append(found, g.joined(m.file, pkg, g.modules[with].ends)...)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// moduleOf is the path of a module without its ending, that of a package without
// /__init__.
func moduleOf(file string) string {
	return strings.TrimSuffix(strings.TrimSuffix(file, path.Ext(file)), "/__init__")
}

// joined holds the folders that are one of ends in a package.
func (g *testGraph) joined(file, pkg string, ends map[string]bool) []string {
	var found []string
	for end := range ends {
		for _, root := range g.roots {
			f := root + "/" + pkg + "/" + end
			if _, ok := g.held[f]; !ok && g.folders[f] && !within(file, f) && !trusted(file, f, true) {
				g.held[f] = holder{by: file}
				found = append(found, f)
			}
		}
	}
	return found
}

// topOf is the package or module at the top that a file is of, by its name; the path of
// what is of none.
func topOf(file string) string {
	root := importRoot(path.Dir(file))
	if root == "" {
		return file
	}
	top, _, _ := strings.Cut(file[len(root)+1:], "/")
	name, _, _ := strings.Cut(top, ".")
	return name
}
