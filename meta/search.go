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
	"sync/atomic"

	"gclean/walk"
	"gclean/walk/mounts"
)

// NotSearchedError says that a search did not enter a mount point.
type NotSearchedError struct {
	Path string
	Type string // type of the file system in /proc/self/mountinfo; "" if unknown
}

func (e *NotSearchedError) Error() string {
	fsType := e.Type
	if fsType == "" {
		fsType = "unknown"
	}
	return fmt.Sprintf("%s: environments in it are unknown: gclean searches a file system of type %s only if you name it", e.Path, fsType)
}

// search finds the environments below folders, many folders at a time: every folder with a
// conda-meta that has a history or a record. It enters local file systems that are mounted
// below, each once, and reports others. It follows no symlinks. It does not enter package
// caches, and in an environment enters only envs.
func search(ctx context.Context, dirs []Value) ([]Value, []Problem, error) {
	return searchMounted(ctx, dirs, mountPoints(), mounts.TypeAt)
}

// searchMounted is search with known mounts in points; typeAt tells the type of others.
func searchMounted(ctx context.Context, dirs []Value, points []mounts.Mount, typeAt func(string) string) ([]Value, []Problem, error) {
	s := &searcher{dirs: dirs, typeAt: typeAt, types: map[string]string{}, entered: map[walk.ID]bool{}, watched: map[walk.ID]*atomic.Bool{}, asked: map[string]bool{}}
	var roots []walk.Root
	defer func() { closeAll(roots) }()
	for _, named := range dirs {
		path := named.Path
		dir, err := walk.Open(path)
		switch {
		case err == nil:
			roots = append(roots, walk.Root{Dir: dir})
			s.enter(dir, typeAt(path))
			s.addMounts(path, points)
		case isGone(err):
			return nil, nil, &NamedError{named.Source, path, ErrNoFolder}
		case walk.IsLoop(err):
			return nil, nil, &NamedError{named.Source, path, ErrLoop}
		default:
			s.hidden(path, err)
		}
	}
	if err := s.rounds(ctx, roots); err != nil {
		return nil, nil, err
	}
	if more := s.told - maxUnread; more > 0 {
		s.problems = append(s.problems, Problem{Path: dirs[0].Path, Err: fmt.Errorf("%s: %d more folders below it cannot be read: environments in them are unknown", dirs[0].Path, more), Hides: true})
	}
	return s.found, s.problems, nil
}

// rounds searches roots, then the file systems mounted below them, until there are no more.
func (s *searcher) rounds(ctx context.Context, roots []walk.Root) error {
	for named := true; len(roots) > 0; named = false {
		s.top = roots
		err := walk.Read(ctx, roots, walk.ReadOptions{NamesOnly: true}, s)
		if !named {
			closeAll(roots)
		}
		if err != nil {
			return err
		}
		roots = s.mounted()
	}
	return nil
}

func closeAll(roots []walk.Root) {
	for _, r := range roots {
		r.Dir.Close()
	}
}

// searcher is the visitor of search.
type searcher struct {
	dirs    []Value // named by the user
	typeAt  func(path string) string
	types   map[string]string        // types of file systems, by mount point
	top     []walk.Root              // roots of this round
	entered map[walk.ID]bool         // roots of all rounds, on file systems with reliable IDs
	watched map[walk.ID]*atomic.Bool // mounted folders, and whether the search met them at another place

	mu       sync.Mutex
	found    []Value
	problems []Problem
	told     int             // number of folders that cannot be read, and of file systems that are not entered
	pending  []string        // mount points still to be searched
	asked    map[string]bool // mount points that were ever in pending
}

// maxUnread is how many unreadable folders are reported by name.
const maxUnread = 20

// addMounts adds what is mounted below a folder.
func (s *searcher) addMounts(path string, points []mounts.Mount) {
	real, err := walk.Real(path)
	if err != nil {
		return // the search meets them instead
	}
	for _, m := range points {
		rel, err := filepath.Rel(real, m.Point)
		if err != nil || rel == "." || !filepath.IsLocal(rel) {
			continue
		}
		// Use the path that the user gave.
		m.Point = filepath.Join(path, rel)
		s.types[m.Point] = m.Type
		s.add(m.Point)
		if mounts.KindOf(m.Type) == mounts.Local {
			// A bind mount of it may be met before it is searched.
			if id, err := walk.Identify(m.Point); err == nil && id.Ino != 0 {
				s.watched[id] = new(atomic.Bool)
			}
		}
	}
}

// add adds a mount point to pending. The caller holds the lock, or runs alone.
func (s *searcher) add(path string) {
	if !s.asked[path] {
		s.asked[path] = true
		s.pending = append(s.pending, path)
	}
}

// mounted opens those of the pending mount points that should be entered, and reports the
// others.
func (s *searcher) mounted() []walk.Root {
	pending := s.pending
	s.pending = nil
	slices.Sort(pending)
	var roots []walk.Root
	for _, path := range pending {
		fsType, ok := s.types[path]
		if !ok {
			fsType = s.typeAt(path)
		}
		switch mounts.KindOf(fsType) {
		case mounts.Pseudo:
			continue
		case mounts.Network, mounts.Program, mounts.Unknown:
			s.tell(Problem{Path: path, Err: &NotSearchedError{path, fsType}, Hides: true})
			continue
		}
		dir, err := walk.Open(path)
		if err != nil {
			if err = walk.Reached(path, err); !isGone(err) {
				s.hidden(path, err)
			}
			continue
		}
		if met := s.watched[dir.ID()]; s.entered[dir.ID()] || met != nil && met.Load() {
			dir.Close()
			continue
		}
		s.enter(dir, fsType)
		roots = append(roots, walk.Root{Dir: dir})
	}
	return roots
}

// enter notes that a root is searched, so that it is not searched again by another name. It
// ignores network file systems, which can give one number to several folders.
func (s *searcher) enter(dir *walk.Dir, fsType string) {
	if mounts.KindOf(fsType) == mounts.Local && dir.ID().Ino != 0 {
		s.entered[dir.ID()] = true
	}
}

// Visit implements walk.Visitor.
func (s *searcher) Visit(_ int, f *walk.Folder, _ bool, items []walk.Item, descend []bool) {
	if f.Depth > 0 && !s.firstTime(f.Stat.ID) {
		clear(descend)
		return
	}
	for _, it := range items {
		switch it.Name {
		case "urls.txt", "urls", ".cache.lock": // marks of package caches
			if !it.IsDir() && hasPackages(s.path(f), items) {
				clear(descend)
				return
			}
		case CondaMeta:
			path := s.path(f)
			if !isEnvironment(path) {
				continue
			}
			s.environment(path)
			for i, it := range items {
				descend[i] = it.Name == "envs"
			}
			return
		}
	}
}

// firstTime reports whether a folder below a root is not a root itself. If the folder is
// also mounted elsewhere, it notes that the search met it.
func (s *searcher) firstTime(id walk.ID) bool {
	if met := s.watched[id]; met != nil {
		met.Store(true)
	}
	return !s.entered[id]
}

func (s *searcher) path(f *walk.Folder) string {
	return filepath.Join(s.top[f.Root].Path(), filepath.FromSlash(f.Path()))
}

// hasPackages reports whether a folder with the mark of a package cache contains packages.
// Other folders may have a urls.txt too, with environments beside it.
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

// isEnvironment reports whether path is an environment because of its conda-meta, or may be
// one if that could be read.
func isEnvironment(path string) bool {
	if _, err := os.Lstat(filepath.Join(path, CondaMeta, "history")); err == nil {
		return true
	}
	e := Environment{Prefix: path}
	return e.read() && (len(e.Records) > 0 || e.Err != nil)
}

// Fail implements walk.Visitor.
func (s *searcher) Fail(_, _ int, path string, err error) {
	switch {
	case errors.Is(err, walk.ErrMountPoint):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.add(path)
	case !errors.Is(err, fs.ErrNotExist):
		s.hidden(path, err)
	}
}

func (s *searcher) environment(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = append(s.found, Value{Path: path, Source: s.sourceOf(path)})
}

// sourceOf returns the source of the named folder that path is below. Mount points below it
// have paths that start with the name given.
func (s *searcher) sourceOf(path string) string {
	for _, v := range s.dirs {
		if rel, err := filepath.Rel(v.Path, path); err == nil && filepath.IsLocal(rel) {
			return v.Source
		}
	}
	return s.dirs[0].Source
}

func (s *searcher) hidden(path string, err error) {
	s.tell(Problem{Path: path, Err: fmt.Errorf("%w: environments in it are unknown", err), Hides: true})
}

// tell adds a problem, up to maxUnread.
func (s *searcher) tell(p Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told++; s.told <= maxUnread {
		s.problems = append(s.problems, p)
	}
}
