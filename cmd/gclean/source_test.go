package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// eachSource calls visit with each Go file of the project that is no test. rel is
// its path, with slashes.
func eachSource(t *testing.T, visit func(rel string, set *token.FileSet, file *ast.File)) {
	t.Helper()
	const top = "../.."
	set := token.NewFileSet()
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (rel != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir(), !strings.HasSuffix(rel, ".go"), strings.HasSuffix(rel, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err == nil {
			visit(filepath.ToSlash(rel), set, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
