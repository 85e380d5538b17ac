// Package names guesses from names alone which distributions a package cache has. Shells
// use it to complete what a user types, so it must be quick, and small errors do no harm.
// Package cache says what is really there, and whether it is complete.
package names

import (
	"path/filepath"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk/open"
)

// Most is how many names are read in one folder, and how many folders of mamba's nested
// layout are opened.
const Most = 200_000

// maxDepth is how many levels below a cache the folders of a channel may be.
const maxDepth = 8

// In calls yield with the distribution of each name in a cache, possibly several times,
// until yield returns false. It only lists folders, and skips those that it cannot read.
func In(dir string, yield func(distribution string) bool) {
	folders := Most
	in(dir, 0, &folders, yield)
}

func in(dir string, depth int, folders *int, yield func(string) bool) bool {
	if *folders--; *folders < 0 {
		return false
	}
	found, _, err := open.SomeNames(dir, Most)
	if err != nil {
		return true
	}
	for _, name := range found {
		distribution := of(name)
		switch {
		case distribution != "":
			if !yield(distribution) {
				return false
			}
		case depth < maxDepth && (depth > 0 || meta.IsScheme(name)) && !strings.HasPrefix(name, "."):
			if !in(filepath.Join(dir, name), depth+1, folders, yield) {
				return false
			}
		}
	}
	return true
}

// of returns the distribution that a name in a cache stands for, or "". Folders of
// platforms, such as linux-64, stand for none.
func of(name string) string {
	if dist.IsArchive(name) {
		return dist.OfArchive(name)
	}
	switch filepath.Ext(name) {
	case ".lock", ".json", ".partial", ".trash", ".c~":
		return ""
	}
	if strings.HasPrefix(name, ".") || !dist.IsName(name) || meta.IsSubdir(name) {
		return ""
	}
	return dist.OfFolder(name)
}
