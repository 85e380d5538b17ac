package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// printing are the ways out of the program that pass by package visible, which takes
// secrets out. cmd/gclean's newApp and internal/atomicfile lead through it.
var printing = map[string][]string{
	"os":       {"Stdout", "Stderr", "Create", "WriteFile", "CreateTemp"},
	"fmt":      {"Print", "Printf", "Println"},
	"log":      nil, // all of it
	"log/slog": {"Debug", "Info", "Warn", "Error", "Log", "LogAttrs", "Default", "SetDefault"},
	"syscall":  {"Stdout", "Stderr"},
}

// mayPrint are the files that may, and why.
var mayPrint = map[string]string{
	"cmd/gclean/main.go":                 "it gives stdout and stderr to newApp",
	"cmd/gclean-lint-dockerfile/main.go": "it gives stdout and stderr to run",
	"internal/lint/prose/main.go":        "it prints lines of the documents of this module",
	"internal/chroot/enter_linux.go":     "the other process is gclean too",
}

// TestOutputIsWithoutSecrets: a new output cannot forget to take secrets out.
func TestOutputIsWithoutSecrets(t *testing.T) {
	allowed := 0
	eachSource(t, []string{"bench", "test", "contrib", "internal/fixture"}, func(path, rel string) error {
		found, err := prints(path, nil)
		if mayPrint[rel] != "" {
			allowed++
			if len(found) == 0 {
				t.Errorf("%s prints nothing, and is in the list", rel)
			}
			return err
		}
		for _, what := range found {
			t.Errorf("%s:%s; use app.stdout, app.stderr or atomicfile, which take secrets out", rel, what)
		}
		return err
	})
	if allowed != len(mayPrint) {
		t.Errorf("%d files of the list were read", allowed)
	}
}

// prints are the ways out that a file takes, each with its line.
func prints(path string, src any) ([]string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, src, 0)
	if err != nil {
		return nil, err
	}
	packages := map[string]string{}
	for _, i := range file.Imports {
		imported, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		name := imported[strings.LastIndex(imported, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		packages[name] = imported
	}
	var found []string
	say := func(at token.Pos, what string) {
		found = append(found, strconv.Itoa(fset.Position(at).Line)+": "+what)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "print" || f.Name == "println") && f.Obj == nil {
				say(n.Pos(), f.Name)
			}
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if !ok {
				return true
			}
			names, ok := printing[packages[x.Name]]
			if ok && (names == nil || slices.Contains(names, n.Sel.Name)) {
				say(n.Pos(), packages[x.Name]+"."+n.Sel.Name)
			}
		}
		return true
	})
	return found, nil
}

func TestPrints(t *testing.T) {
	const head = "package x\nimport (\n\"fmt\"\n\"os\"\n\"log\"\ns \"log/slog\"\n)\n"
	for src, want := range map[string]string{
		`func f() { fmt.Println(1) }`:               "8: fmt.Println",
		`var w = os.Stderr`:                         "8: os.Stderr",
		`var e = os.WriteFile("x", nil, 0)`:         "8: os.WriteFile",
		`func f() { log.Fatal() }`:                  "8: log.Fatal",
		`func f() { s.Info("") }`:                   "8: log/slog.Info",
		`func f() { println() }`:                    "8: println",
		`func f() { fmt.Fprintln(nil); os.Args() }`: "",
		`func f(l *s.Logger) { l.Info("") }`:        "",
	} {
		found, err := prints("x.go", head+src)
		if got := strings.Join(found, "; "); got != want || err != nil {
			t.Errorf("%s: %q, want %q, error %v", src, got, want, err)
		}
	}
}
