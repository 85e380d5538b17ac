package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// condaNouns is the only function that may have nouns such as "package(s)": conda prints
// them in lines that scripts search for.
const condaNouns = "cache/category.go: CondaNoun"

// TestNumbersAgreeWithNouns finds nouns such as "file(s)" in what gclean prints.
func TestNumbersAgreeWithNouns(t *testing.T) {
	conda := 0
	eachSource(t, []string{"internal/fixture"}, func(path, rel string) error {
		found, err := bracketedPlurals(path, nil)
		for _, f := range found {
			if rel+": "+f.function == condaNouns {
				conda++
				continue
			}
			t.Errorf("%s:%d: %q: use units.Count or Category.Noun", rel, f.line, f.text)
		}
		return err
	})
	if conda != 5 {
		t.Errorf("%d nouns of conda", conda)
	}
}

// plural is a noun with a plural in brackets.
type plural struct {
	function string // in which it is; "" outside of functions
	line     int
	text     string
}

var bracketed = regexp.MustCompile(`[a-z]\((s|es|ies)\)`)

// bracketedPlurals finds the string literals of a file that have one.
func bracketedPlurals(path string, src any) ([]plural, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, src, 0)
	if err != nil {
		return nil, err
	}
	var found []plural
	for _, d := range file.Decls {
		function := ""
		if f, ok := d.(*ast.FuncDecl); ok {
			function = f.Name.Name
		}
		ast.Inspect(d, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(lit.Value); err == nil && bracketed.MatchString(text) {
				found = append(found, plural{function, files.Position(lit.Pos()).Line, text})
			}
			return true
		})
	}
	return found, nil
}

func TestBracketedPlurals(t *testing.T) {
	for src, want := range map[string]string{
		`func f() string { return "2 file(s)" }`: "f 2 file(s)",
		`const x = "cache(s) here"`:              " cache(s) here",
		`var x = "entr(ies)" + "box(es)"`:        " entr(ies);  box(es)",
		`func f(s string) int { return len(s) }`: "",
		`var x = "mamba (s), open(2), f(sh)"`:    "",
		`var x = "2 files"`:                      "",
	} {
		found, err := bracketedPlurals("x.go", "package x\n"+src)
		var got []string
		for _, f := range found {
			got = append(got, f.function+" "+f.text)
		}
		if strings.Join(got, "; ") != want || err != nil {
			t.Errorf("%s: %q, want %q, error %v", src, got, want, err)
		}
	}
}
