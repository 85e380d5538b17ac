package cache

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"gclean/meta"
	"gclean/walk"
)

// isTempFile reports whether name is one that conda gives to a file in use when it sets the
// file aside (CONDA_TEMP_EXTENSIONS in conda/base/constants.py).
func isTempFile(name string) bool {
	_, ok := putAside(name)
	return ok
}

// putAside returns the path that a temp file had before it was set aside.
func putAside(name string) (string, bool) {
	for _, ending := range []string{".c~", ".trash"} {
		if original, ok := strings.CutSuffix(name, ending); ok && original != "" && !strings.HasSuffix(original, "/") {
			return original, true
		}
	}
	return "", false
}

// IsTrashFile is isTempFile for mamba (clean_trash_files in libmamba) and for conda 4.6 and
// later on Windows, which numbers all but the first (unlink_or_rename_to_trash in
// conda/gateways/disk/delete.py).
func IsTrashFile(name string) bool {
	name = strings.TrimRight(name, "_0123456789")
	return strings.HasSuffix(name, ".mamba_trash") || strings.HasSuffix(name, ".conda_trash")
}

// mambaTrashList is the file below conda-meta in which mamba lists the files that it sets
// aside. mamba removes it when no such file remains.
const mambaTrashList = "mamba_trash.txt"

// tempSearch finds temp files below a folder. It does not enter the extracted packages of
// caches, to which such files belong.
type tempSearch struct {
	dir    string
	caches map[walk.ID]bool // those of the plan
	temp   bool             // look for *.c~ and *.trash
	trash  bool             // look for IsTrashFile

	mu      sync.Mutex
	found   []*candidate
	problem error
}

func (s *tempSearch) run(ctx context.Context, jobs int) error {
	top, err := walk.Open(s.dir)
	if err != nil {
		s.problem = err
		return nil
	}
	defer top.Close()
	return walk.Read(ctx, []walk.Root{{Dir: top}}, walk.ReadOptions{Jobs: jobs, NamesOnly: true}, s)
}

// Visit implements walk.Visitor.
func (s *tempSearch) Visit(_ int, f *walk.Folder, _ bool, items []walk.Item, descend []bool) {
	inCache := s.caches[f.Stat.ID]
	inMeta := path.Base(f.Path()) == meta.CondaMeta
	known := inCache
	for i, it := range items {
		if it.IsDir() {
			if !known {
				known, inCache = true, hasMarks(f)
			}
			// With --trash, the cache's trash is listed already.
			if inCache && (it.Name != condaTrash || s.trash && s.caches[f.Stat.ID]) {
				descend[i] = false
			}
			continue
		}
		var c Category
		switch {
		case s.temp && isTempFile(it.Name):
			c = TempFiles
		case s.trash && !s.caches[f.Stat.ID] && (IsTrashFile(it.Name) || inMeta && it.Name == mambaTrashList):
			c = Trash
		default:
			continue
		}
		st, err := f.Lstat(it.Name)
		if err != nil {
			continue // removed meanwhile
		}
		e := &candidate{Entry: Entry{
			Category: c, Dir: s.dir, Name: path.Join(f.Path(), it.Name), Stat: st, Newest: st.Ctime,
			Usage: walk.Usage{Files: 1, Apparent: st.Size},
		}}
		if st.Nlink <= 1 {
			e.Usage.Disk, e.Usage.Inodes = st.Disk, 1
		}
		s.mu.Lock()
		s.found = append(s.found, e)
		s.mu.Unlock()
	}
}

// hasMarks reports whether a folder is a cache, even one that this run does not clean. The
// files in its packages belong to the packages.
func hasMarks(f *walk.Folder) bool {
	for _, name := range meta.CacheMarks() {
		if st, err := f.Lstat(name); err == nil && !st.Mode.IsDir() {
			return true
		}
	}
	return false
}

// Fail implements walk.Visitor.
func (s *tempSearch) Fail(_, _ int, _ string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.problem == nil {
		s.problem = err
	}
}

func (s *Survey) searchTempFiles(ctx context.Context) error {
	if s.plan.Has(PkgsDirs) || !s.plan.Has(TempFiles) && !s.plan.Has(Trash) {
		return nil
	}
	caches := map[walk.ID]bool{}
	for _, loc := range s.plan.Caches {
		caches[loc.ID] = true
	}
	searched := map[walk.ID]bool{}
	found := map[walk.ID]map[string]bool{} // real paths of an inode's names, to list each once
	for _, dir := range s.o.TempPaths {
		id, err := walk.Identify(dir)
		if err != nil || searched[id] {
			if err != nil && !walk.LeadsNowhere(err) {
				s.problem(meta.Problem{Code: CodeNotSearched, Path: dir, Err: fmt.Errorf("%s: not searched for temp files: %w", dir, walk.Cause(err))})
			}
			continue
		}
		searched[id] = true
		search := &tempSearch{dir: dir, caches: caches, temp: s.plan.Has(TempFiles), trash: s.plan.Has(Trash)}
		if err := search.run(ctx, s.o.Jobs); err != nil {
			return err
		}
		if search.problem != nil {
			s.problem(meta.Problem{Code: CodeNotSearched, Path: dir, Err: fmt.Errorf("not all of %s was searched for temp files: %w", dir, search.problem)})
		}
		for _, e := range search.found {
			real, err := walk.Real(filepath.Dir(e.Path()))
			if err != nil {
				continue
			}
			real = filepath.Join(real, path.Base(e.Name))
			if found[e.Stat.ID] == nil {
				found[e.Stat.ID] = map[string]bool{}
			}
			if !found[e.Stat.ID][real] { // one search path may be below another
				found[e.Stat.ID][real] = true
				e.wanted = true
				s.entries = append(s.entries, e)
			}
		}
	}
	return nil
}
