// Package names tells from names alone what a package cache has. It is for shells that
// complete what somebody types: quick, and never wrong about anything that matters.
// What is really there, and whether it is whole, package cache says.
package names

import (
	"path/filepath"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk/open"
)

// Most is how many names of one folder are read, and how many folders of mamba's nested
// layout are looked at.
const Most = 200_000

// maxDepth is how deep the folders of a channel are below a cache.
const maxDepth = 8

// In calls yield with the distribution that each name in a cache is of, some of them
// more than once, until it returns false. It opens folders and nothing else; what cannot
// be read has nothing.
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

// of is the distribution that a name in a cache is of, "" if it is of none. The folders
// of platforms, such as linux-64, are none.
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
