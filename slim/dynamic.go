package slim

import (
	"bytes"
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

// stub is a package of which a file imports a module that is named elsewhere.
type stub struct{ file, pkg string }

// speakers notes what is needed for dynamic: the strings of s that name test folders, and
// whose strings may end its stubs.
func (g *testGraph) speakers(s source) {
	top := topOf(s.path)
	for _, r := range s.references {
		switch {
		case r.stub:
			g.stubs = append(g.stubs, stub{s.path, r.module})
		case r.quoted:
			if g.ends[top] == nil {
				g.ends[top] = map[string]bool{}
			}
			g.ends[top][r.module] = true
		}
	}
	if !slices.ContainsFunc(s.references, func(r reference) bool { return r.stub }) {
		return
	}
	tops := []string{top}
	for _, r := range s.references {
		if r.level == 0 && !r.quoted && !r.word && !r.stub {
			name, _, _ := strings.Cut(r.module, "/")
			tops = append(tops, name)
		}
	}
	slices.Sort(tops)
	g.tops[s.path] = slices.Compact(tops)
}

// dynamic holds test folders that are named in two parts by two modules: 'pkg.' + NAME in
// one, NAME = 'tests' in another of the same package or of one that the first imports.
func (g *testGraph) dynamic() []string {
	var found []string
	for _, s := range g.stubs {
		for _, top := range g.tops[s.file] {
			for end := range g.ends[top] {
				for _, root := range g.roots {
					f := root + "/" + s.pkg + "/" + end
					if _, ok := g.held[f]; !ok && g.folders[f] && !within(s.file, f) && !trusted(s.file, f, true) {
						g.held[f] = holder{by: s.file}
						found = append(found, f)
					}
				}
			}
		}
	}
	slices.Sort(found)
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
