package layers

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A newcomer goes by the files that ARCHITECTURE.md names.
func TestArchitectureNamesExistingFiles(t *testing.T) {
	top := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(top, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, m := range regexp.MustCompile("`([a-z][a-z0-9_./*-]*)`").FindAllStringSubmatch(string(text), -1) {
		named = append(named, m[1])
		dir, _, inFolder := strings.Cut(m[1], "/")
		if _, err := os.Stat(filepath.Join(top, dir)); !inFolder || err != nil && !strings.HasSuffix(m[1], ".go") {
			continue // a word, or a path in a cache
		}
		if found, err := filepath.Glob(filepath.Join(top, filepath.FromSlash(m[1]))); err != nil || len(found) == 0 {
			t.Errorf("ARCHITECTURE.md names %s, which is not there", m[1])
		}
	}
	for _, path := range slices.Concat(house()...) {
		if !slices.Contains(named, path) {
			t.Errorf("ARCHITECTURE.md does not name the package %s", path)
		}
	}
}
