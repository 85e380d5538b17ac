package layers

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	maxLines = 400 // in a file, also of tests
	maxFiles = 45  // in a folder, without those of tests
)

func TestFilesAreShort(t *testing.T) {
	generated := regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	for _, p := range everywhere(t) {
		for _, name := range p.files() {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if lines := bytes.Count(text, []byte("\n")); lines > maxLines && !generated.Match(text) {
				t.Errorf("%s/%s has %d lines, at most %d are allowed: split it by what it holds", p.path(), name, lines, maxLines)
			}
		}
	}
}

func TestFoldersAreNotCrowded(t *testing.T) {
	for _, p := range everywhere(t) {
		files := slices.DeleteFunc(p.files(), func(name string) bool { return strings.HasSuffix(name, "_test.go") })
		if len(files) > maxFiles {
			t.Errorf("%s has %d files without its tests, at most %d are allowed: split the folder", p.path(), len(files), maxFiles)
		}
	}
}
