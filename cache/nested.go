package cache

import (
	"context"
	"path"
	"path/filepath"
	"sync"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/walk"
)

// nestedSearch looks into folders that are not packages when the whole cache is to be
// removed. mamba 2.6 keeps its packages there, and some users keep environments there.
type nestedSearch struct {
	entries []*candidate

	mu sync.Mutex
}

// run adds to each entry the packages and environments inside it.
func (s *nestedSearch) run(ctx context.Context, roots []walk.Root, jobs int) error {
	return walk.Read(ctx, roots, walk.ReadOptions{Jobs: jobs, NamesOnly: true}, s)
}

// Visit implements walk.Visitor.
func (s *nestedSearch) Visit(_ int, f *walk.Folder, _ bool, items []walk.Item, descend []bool) {
	for _, it := range items {
		if !it.IsDir() || it.Name != "info" && it.Name != meta.CondaMeta {
			continue
		}
		clear(descend)
		e := s.entries[f.Root]
		name := path.Join(e.Name, f.Path())
		s.mu.Lock()
		if it.Name == meta.CondaMeta {
			e.prefixes = append(e.prefixes, filepath.Join(e.Dir, filepath.FromSlash(name)))
		} else {
			e.nested = append(e.nested, &hold.Package{Cache: e.Dir, Name: name, Dist: path.Base(name), ID: f.Stat.ID})
		}
		s.mu.Unlock()
	}
}

// Fail implements walk.Visitor. A folder that cannot be read now may be readable when it is
// measured, but the packages in it remain unknown.
func (s *nestedSearch) Fail(_, root int, _ string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries[root].unclear = err
}
