package meta

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"gclean/walk"
)

// sourceSearch is the source of what was found below a folder that was named.
const sourceSearch = "--search"

// search finds the environments below folders, many folders at a time: every
// folder with a conda-meta that has a history or a record in it. It stays on
// the file systems of the folders named, follows no symlinks, and enters
// neither package caches nor, of an environment, anything but its envs.
func search(ctx context.Context, dirs []string) ([]Value, []Problem, error) {
	s := &searcher{}
	var roots []walk.Root
	for _, path := range dirs {
		dir, err := walk.Open(path)
		switch {
		case err == nil:
			defer dir.Close()
			roots = append(roots, walk.Root{Dir: dir})
		case isGone(err):
			return nil, nil, usagef("--search %s: there is no such folder", path)
		case isLoop(err):
			return nil, nil, usagef("--search %s: symlinks go round in a circle", path)
		default:
			s.hidden(path, err)
		}
	}
	s.mounts = make([][]string, len(roots))
	s.roots = roots
	if err := walk.Read(ctx, roots, walk.ReadOptions{NamesOnly: true}, s); err != nil {
		return nil, nil, err
	}
	if s.unread > maxUnread {
		s.problems = append(s.problems, Problem{Path: dirs[0], Err: fmt.Errorf("--search: %d more folders cannot be read: environments in them are not known", s.unread-maxUnread), Hides: true})
	}
	for i, mounts := range s.mounts {
		if len(mounts) > 0 {
			root := roots[i].Path()
			s.problems = append(s.problems, Problem{Path: root, Err: fmt.Errorf(
				"--search %s: other file systems are not entered, there are %d below it (%s); name them too if they have environments",
				root, len(mounts), mounts[0])})
		}
	}
	return s.found, s.problems, nil
}

// searcher is the visitor of search.
type searcher struct {
	roots    []walk.Root
	mu       sync.Mutex
	found    []Value
	problems []Problem
	unread   int        // folders that cannot be read
	mounts   [][]string // of each root
}

// maxUnread is how many folders that cannot be read are told of by name.
const maxUnread = 20

// Visit implements walk.Visitor.
func (s *searcher) Visit(_ int, f *walk.Folder, _ bool, items []walk.Item, descend []bool) {
	for _, it := range items {
		switch it.Name {
		case "urls.txt", "urls", ".cache.lock": // marks of package caches
			if !it.IsDir() && hasPackages(filepath.Join(s.roots[f.Root].Path(), filepath.FromSlash(f.Path())), items) {
				clear(descend)
				return
			}
		case "conda-meta":
			path := filepath.Join(s.roots[f.Root].Path(), filepath.FromSlash(f.Path()))
			if !isEnvironment(path) {
				continue
			}
			s.add(path)
			for i, it := range items {
				descend[i] = it.Name == "envs"
			}
			return
		}
	}
}

// hasPackages says whether a folder with the mark of a package cache has packages
// too: others have a urls.txt as well, and environments beside it.
func hasPackages(path string, items []walk.Item) bool {
	return slices.ContainsFunc(items, func(it walk.Item) bool {
		isDist := strings.Count(it.Name, "-") >= 2
		switch {
		case !it.IsDir():
			return isDist && (strings.HasSuffix(it.Name, ".conda") || strings.HasSuffix(it.Name, ".tar.bz2"))
		case it.Name == "https" || it.Name == "http" || it.Name == "file": // mamba's channels
			return true
		case isDist:
			_, err := os.Lstat(filepath.Join(path, it.Name, "info", "index.json"))
			return err == nil
		}
		return false
	})
}

// isEnvironment says whether the folder conda-meta in path makes it an
// environment, or may do so if it could be read.
func isEnvironment(path string) bool {
	if _, err := os.Lstat(filepath.Join(path, "conda-meta", "history")); err == nil {
		return true
	}
	e := Environment{Prefix: path}
	return e.read() && (len(e.Records) > 0 || e.Err != nil)
}

// Fail implements walk.Visitor.
func (s *searcher) Fail(_, root int, path string, err error) {
	switch {
	case errors.Is(err, walk.ErrMountPoint):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.mounts[root] = append(s.mounts[root], path)
	case !errors.Is(err, fs.ErrNotExist):
		s.hidden(path, err)
	}
}

func (s *searcher) add(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = append(s.found, Value{Path: path, Source: sourceSearch})
}

func (s *searcher) hidden(path string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unread++; s.unread <= maxUnread {
		s.problems = append(s.problems, Problem{Path: path, Err: fmt.Errorf("%w: environments in it are not known", err), Hides: true})
	}
}
