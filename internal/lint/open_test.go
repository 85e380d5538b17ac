package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// forbidden are the functions that open or list whatever is at a path: they wait
// for a FIFO, and make devices act. walk/open has others in their place.
var forbidden = map[string][]string{
	"os":            {"Open", "OpenFile", "ReadFile", "ReadDir", "DirFS", "OpenInRoot"},
	"path/filepath": {"Glob", "Walk", "WalkDir"},
	"io/ioutil":     {"ReadAll", "ReadDir", "ReadFile", "TempDir", "TempFile", "WriteFile"},
}

// allowed are the files, or folders of files, that may call them, and why.
var allowed = map[string]string{
	"walk/":                       "walk/open is where such things are opened, and walk where folders are",
	"cmd/gclean/":                 "it opens what its user names: a terminal, the file to write a report to",
	"cmd/gclean-lint-dockerfile/": "it opens what its user names",
	"internal/chroot/":            "it reads /proc of this process, and its terminal",
	"internal/lint/prose/":        "it reads the documents of this module",
	"contrib/grafana/lint/":       "it reads the dashboard of this project, and is in no release",
	"bench/unlink/":               "it removes the trees of bench/nfs by plain calls",
	"internal/fixture/":           "it makes trees for tests",
	"cache/explain.go":            "it lists an entry of a cache that is measured already, and opens nothing in it",
	"cache/hold/*":                "it reads /proc",
}

// TestOpening: what others choose is opened by walk and walk/open alone.
func TestOpening(t *testing.T) {
	read := 0
	eachSource(t, nil, func(path, rel string) error {
		if isAllowed(t, rel) {
			return nil
		}
		read++
		calls, err := openings(path, nil)
		for _, call := range calls {
			t.Errorf("%s:%s; use open.Regular, open.ReadRegular or open.Names", rel, call)
		}
		return err
	})
	if read < 50 {
		t.Errorf("%d files were read", read)
	}
}

func isAllowed(t *testing.T, file string) bool {
	for pattern := range allowed {
		if strings.HasSuffix(pattern, "/") && strings.HasPrefix(file, pattern) {
			return true
		}
		if ok, err := filepath.Match(pattern, file); err != nil {
			t.Fatal(err)
		} else if ok {
			return true
		}
	}
	return false
}

// openings are the forbidden calls in a file, each with its line.
func openings(path string, src any) ([]string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, src, 0)
	if err != nil {
		return nil, err
	}
	var found []string
	packages := map[string]string{} // name in this file -> import path
	for _, i := range file.Imports {
		imported, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		name := imported[strings.LastIndex(imported, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		if _, ok := forbidden[imported]; ok && name == "." {
			found = append(found, fmt.Sprintf("%d: import . %q hides what is called", fset.Position(i.Pos()).Line, imported))
		}
		packages[name] = imported
	}
	writing := map[ast.Node]bool{} // os.OpenFile for writing alone
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 3 && mentions(call.Args[1], "O_WRONLY") {
			writing[call.Fun] = true
		}
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		if ok && slices.Contains(forbidden[packages[x.Name]], s.Sel.Name) && !(s.Sel.Name == "OpenFile" && writing[s]) {
			found = append(found, fmt.Sprintf("%d: %s.%s", fset.Position(s.Pos()).Line, packages[x.Name], s.Sel.Name))
		}
		return true
	})
	return found, nil
}

// mentions says whether name is part of an expression.
func mentions(e ast.Expr, name string) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == name {
			found = true
		}
		return true
	})
	return found
}

func TestOpeningsAreSeen(t *testing.T) {
	const head = "package x\nimport (\n\t\"os\"\n\tfp \"path/filepath\"\n\t\"io/ioutil\"\n)\nvar _, _, _ = os.Stat, fp.Join, ioutil.Discard\n"
	for source, want := range map[string]string{
		head + `var _, _ = os.Open("x")`:                                      "8: os.Open",
		head + `var f = os.ReadFile`:                                          "8: os.ReadFile",
		head + `var _, _ = os.OpenFile("x", os.O_RDONLY, 0)`:                  "8: os.OpenFile",
		head + `var _, _ = os.OpenFile("x", os.O_RDWR, 0)`:                    "8: os.OpenFile",
		head + `var _, _ = os.OpenFile("x", os.O_WRONLY|os.O_CREATE, 0)`:      "",
		head + `var _, _ = fp.Glob("*")`:                                      "8: path/filepath.Glob",
		head + `var _ = fp.WalkDir("x", nil)`:                                 "8: path/filepath.WalkDir",
		head + `var _, _ = ioutil.ReadDir("x")`:                               "8: io/ioutil.ReadDir",
		head + `var _ = struct{ Open int }{}.Open`:                            "",
		"package x\nimport . \"os\"\nvar _, _ = Open(\"x\")":                  "2: import . \"os\" hides what is called",
		"package x\nimport \"example.org/os\"\nvar _, _ = os.Create(\"x\")":   "",
		"package x\nimport \"example.org/os\"\nvar _, _ = os.ReadFile(\"x\")": "",
	} {
		got, err := openings("x.go", source)
		if err != nil || strings.Join(got, "; ") != want {
			t.Errorf("%s\n%q, %v, want %q", source, got, err, want)
		}
	}
}
