package slim

import (
	"bytes"
	"context"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gclean/internal/parallel"
	"gclean/walk"
)

// idleFolders are parts of the standard library that only a person at a desktop or a
// new virtual environment wants.
var idleFolders = []string{"idlelib", "turtledemo", "ensurepip"}

// idleScript matches the programs of idlelib.
var idleScript = regexp.MustCompile(`^idle(?:3|-python)?[0-9.]*(?:\.exe|\.bat|\.pyw?)?$`)

// idleOf is which of idleFolders a folder is or is in, "" if none.
func idleOf(dir string) string {
	root := importRoot(dir)
	if !isStandardLibrary(root) || dir == root {
		return ""
	}
	top, _, _ := strings.Cut(dir[len(root)+1:], "/")
	if slices.Contains(idleFolders, top) {
		return top
	}
	return ""
}

// languageOf is the language whose translations are in a folder
// (share/locale/de/LC_MESSAGES), "" if there are none.
func languageOf(dir string) string {
	parts := strings.Split(dir, "/")
	for i := 2; i < len(parts); i++ {
		if parts[i] == "LC_MESSAGES" && (parts[i-2] == "locale" || parts[i-2] == "locales") {
			return parts[i-1]
		}
	}
	return ""
}

// speaks says whether translations into language are wanted: of de, those into de and
// de_AT; of pt_BR, those into pt too, which is what programs read next.
func speaks(language string, wanted []string) bool {
	base := func(s string) string {
		return s[:len(s)-len(strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
	}
	if language == "C" || language == "POSIX" {
		return true
	}
	return slices.ContainsFunc(wanted, func(w string) bool {
		return language == w || base(language) == w || language == base(w) || strings.HasPrefix(language, w+".") || strings.HasPrefix(language, w+"@")
	})
}

// isTerminfo says whether a folder is one of descriptions of terminals:
// share/terminfo/x, or share/terminfo/78 where names are not told apart by case.
func isTerminfo(dir string) bool {
	above, name := path.Split(dir)
	return (above == "share/terminfo/" || above == "lib/terminfo/") && len(name) <= 2
}

// isTerm says whether a terminal is wanted. Programs fall back on dumb.
func isTerm(name string, wanted []string) bool {
	return name == "dumb" || slices.ContainsFunc(wanted, func(w string) bool {
		ok, err := path.Match(w, name)
		return ok || err != nil && w == name
	})
}

// isModuleSource says whether a file is what a compiled module may have been made of.
func isModuleSource(name string) bool {
	return slices.Contains([]string{".pyx", ".c", ".cpp", ".cc", ".cxx"}, path.Ext(name))
}

// isCompiledModule says whether a file is a compiled module of Python.
func isCompiledModule(name string) bool { return path.Ext(name) == ".so" || path.Ext(name) == ".pyd" }

// stemOf is a path up to the first dot of its name: pkg/fast of pkg/fast.abi3.so.
func stemOf(file string) string {
	dir, name := path.Split(file)
	stem, _, _ := strings.Cut(name, ".")
	return dir + stem
}

// linkedTerms are the names of terminals to which wanted ones are symlinks.
func (t *tree) linkedTerms(prefix *walk.Dir, wanted []string) []string {
	var list []string
	for _, f := range t.files {
		if !f.kinds.has(Terminfo) || f.stat.Mode.IsRegular() || !isTerm(f.name(), wanted) {
			continue
		}
		dir, err := prefix.OpenBelow(f.place.dir)
		if err != nil {
			continue
		}
		if target, err := dir.Readlink(f.name()); err == nil {
			list = append(list, path.Base(target))
		}
		dir.Close()
	}
	return list
}

// idlers are those of idleFolders that something outside of the standard library
// imports or names, with it.
func (t *tree) idlers(ctx context.Context, prefix *walk.Dir) (map[string]string, error) {
	found := map[string]string{}
	var mu sync.Mutex
	err := parallel.Each(ctx, 0, t.code, func(file string) error {
		dir, name := folderOf(file), path.Base(file)
		if isStandardLibrary(importRoot(dir)) || isProgram(dir) && idleScript.MatchString(name) || isRaw(dir, name) || isZipped(name) {
			return nil
		}
		d, err := prefix.OpenBelow(dir)
		if err != nil {
			return nil
		}
		defer d.Close()
		text, err := readCodeFile(d, name)
		if err != nil || !slices.ContainsFunc(idleFolders, func(f string) bool { return bytes.Contains(text, []byte(f)) }) {
			return nil
		}
		references(text, func(r reference) {
			top, _, _ := strings.Cut(r.module, "/")
			if r.level > 0 || !slices.Contains(idleFolders, top) {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if by, ok := found[top]; !ok || file < by {
				found[top] = file
			}
		})
		return nil
	})
	return found, err
}
