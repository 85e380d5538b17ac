package lint

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// eachSource calls visit for each Go file of the module that is not a test, with its path
// from here and its path in the module. It leaves out hidden folders, testdata, and the
// folders in skip.
func eachSource(t *testing.T, skip []string, visit func(path, rel string) error) {
	t.Helper()
	top := filepath.Join("..", "..")
	read := 0
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, path)
		rel = filepath.ToSlash(rel)
		switch {
		case err != nil:
			return err
		case d.IsDir() && rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || slices.Contains(skip, rel)):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go"):
			return nil
		}
		read++
		return visit(path, rel)
	})
	if err != nil || read < 50 {
		t.Errorf("%d files were read, error %v", read, err)
	}
}
