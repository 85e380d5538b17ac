package removal_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sight is the visible content of a tree: what environments reach, and what is outside
// caches.
type sight struct {
	reached map[string]map[string]string // by prefix
	outside map[string]string
}

func (w *world) look() sight {
	s := sight{map[string]map[string]string{}, map[string]string{}}
	for _, e := range w.prefixes {
		if e.known || !e.soft {
			s.reached[e.path] = w.reachable(e.path)
		}
	}
	must(w.t, filepath.WalkDir(w.top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.ContainsFunc(w.stores, func(s *store) bool { return s.around == path }) {
			return fs.SkipDir
		}
		s.outside[path] = w.here(path)
		return nil
	}))
	return s
}

// compare fails the test if anything that was in the tree before has changed.
func (w *world) compare(before, now sight) {
	w.t.Helper()
	for prefix, was := range before.reached {
		w.compareFiles("reached from "+prefix, was, now.reached[prefix])
	}
	if w.lateBefore != nil {
		w.compareFiles("reached from an environment that was made after the plan", w.lateBefore, w.reachable(filepath.Join(w.top, "work", "late")))
	}
	for _, path := range w.made {
		before.outside[path] = now.outside[path]
	}
	w.compareFiles("outside of the caches", before.outside, now.outside)
}

func (w *world) compareFiles(what string, was, is map[string]string) {
	w.t.Helper()
	for path, content := range was {
		if is[path] != content {
			w.t.Errorf("%s: %s was %q, is %q\n%s", what, path, content, is[path], w.story())
			return
		}
	}
}

// reachable returns every path that can be reached from top, following symlinks, with its
// content.
func (w *world) reachable(top string) map[string]string {
	found := map[string]string{}
	var visit func(path string, depth int)
	visit = func(path string, depth int) {
		fi, err := os.Stat(path)
		switch {
		case err != nil:
			found[path] = "nothing"
		case fi.IsDir():
			found[path] = "folder"
			if depth > 8 { // a symlink loop
				return
			}
			list, err := os.ReadDir(path)
			must(w.t, err)
			for _, e := range list {
				visit(filepath.Join(path, e.Name()), depth+1)
			}
		default:
			found[path] = w.content(path, fi)
		}
	}
	visit(top, 0)
	return found
}

// here returns the content of path, without following symlinks.
func (w *world) here(path string) string {
	fi, err := os.Lstat(path)
	must(w.t, err)
	switch {
	case fi.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		must(w.t, err)
		return "symlink to " + target
	case fi.IsDir():
		return "folder"
	}
	return w.content(path, fi)
}

func (w *world) content(path string, fi fs.FileInfo) string {
	if !fi.Mode().IsRegular() {
		return fi.Mode().String()
	}
	data, err := os.ReadFile(path)
	must(w.t, err)
	return fmt.Sprintf("%v %s", fi.Mode(), data)
}

// note records an event, for the message of a failure.
func (w *world) note(format string, args ...any) {
	w.events = append(w.events, fmt.Sprintf(format, args...))
}

func (w *world) story() string {
	return strings.ReplaceAll(strings.Join(w.events, "\n"), w.top, "")
}
