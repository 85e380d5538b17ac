// Command prose prints the messages and the comments of gclean's source, a paragraph
// each, so that a prose linter can read them:
//
//	go run ./internal/lint/prose messages .
//	go run ./internal/lint/prose comments .
//
// A message is a string literal of at least four words, outside of tests. Tests and the
// packages that only tests use are left out. Each paragraph begins with its place.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 3 || os.Args[1] != "messages" && os.Args[1] != "comments" {
		fmt.Fprintln(os.Stderr, "usage: prose messages|comments DIR")
		os.Exit(2)
	}
	if err := run(os.Args[2], os.Args[1] == "comments"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string, comments bool) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case ".git", "testdata", "fixture", "lint", "layers", "test", "bench":
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		say := func(pos token.Pos, text string) {
			fmt.Printf("%s:%d\n\n%s\n\n", path, files.Position(pos).Line, text)
		}
		if comments {
			for _, group := range f.Comments {
				if text := proseOf(group.Text()); text != "" {
					say(group.Pos(), text)
				}
			}
			return nil
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				return true
			}
			if text = verb.ReplaceAllString(text, "X"); len(strings.Fields(text)) >= 4 && letters.MatchString(text) {
				say(lit.Pos(), text)
			}
			return true
		})
		return nil
	})
}

var (
	verb    = regexp.MustCompile(`%[-+# 0-9.*]*[a-zA-Z]`)
	letters = regexp.MustCompile(`[a-z]{3,} [a-z]{2,}`)
)

// proseOf is a comment without its lines of code, "" for a directive.
func proseOf(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return strings.TrimSpace(b.String())
}
