// Command prose prints the messages, the comments or the help of gclean as Markdown, so that
// a prose linter can read them:
//
//	go run ./internal/lint/prose messages .
//	go run ./internal/lint/prose comments .
//	gclean slim --help | go run ./internal/lint/prose help slim
//
// A message is a string literal of at least four words. Tests, and packages that only
// tests use, are left out. Each message, comment and flag is a paragraph below a heading
// that says where it is.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func main() {
	mode, arg := "", ""
	if len(os.Args) == 3 {
		mode, arg = os.Args[1], os.Args[2]
	}
	var err error
	switch mode {
	case "messages", "comments":
		err = run(arg, mode == "comments")
	case "help":
		var text []byte
		if text, err = io.ReadAll(os.Stdin); err == nil {
			for _, paragraph := range paragraphs(string(text)) {
				say(arg+" --help", paragraph)
			}
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: prose messages|comments DIR, or prose help COMMAND <HELP")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// say prints a paragraph, which is at place.
func say(place, text string) { fmt.Printf("## %s\n\n%s\n\n", place, text) }

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
			say(fmt.Sprintf("%s:%d", path, files.Position(pos).Line), text)
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
			if field, ok := n.(*ast.KeyValueExpr); ok {
				if key, ok := field.Key.(*ast.Ident); ok && key.Name == "Example" {
					return false // command lines
				}
			}
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

var (
	item     = regexp.MustCompile(`^  (?: {4}|)[^ ].*?(?:  +|$)`) // a flag, command, rule or exit code, up to its description
	heading  = regexp.MustCompile(`^[A-Z][^.]*:$`)
	examples = []string{"Examples:", "Usage:"}
)

// paragraphs are the sentences of the help of a command, without its examples and usage. The
// description of each flag, and each meaning of an exit code, is one of them.
func paragraphs(help string) []string {
	var list []string
	open, skip := false, false
	for line := range strings.Lines(help) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "":
			open, skip = false, false
		case slices.Contains(examples, line):
			skip = true
		case skip:
		case heading.MatchString(line):
			list, open = append(list, strings.TrimSuffix(line, ":")), false
		case item.MatchString(line):
			list, open = append(list, line[len(item.FindString(line)):]), true
		case open:
			list[len(list)-1] += " " + strings.TrimSpace(line)
		default:
			list, open = append(list, line), true
		}
	}
	var sentences []string
	for _, text := range list {
		sentences = append(sentences, strings.Split(text, "; ")...)
	}
	return sentences
}
