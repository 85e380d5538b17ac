package cache

import (
	"context"
	"path"
	"path/filepath"
	"sync"

	"gclean/meta"
	"gclean/walk"
)

// prefixesAbove maps every folder that an environment is, or is in, to that
// environment: an entry among them is not removed, whatever it looks like.
func prefixesAbove(envs []meta.Environment) map[walk.ID]string {
	above := map[walk.ID]string{}
	seen := map[string]bool{}
	for _, env := range envs {
		dir, err := walk.Real(env.Prefix)
		if err != nil {
			continue // it cannot be reached through an entry either
		}
		for !seen[dir] {
			seen[dir] = true
			if id, err := walk.Identify(dir); err == nil {
				above[id] = env.Prefix
			}
			dir = filepath.Dir(dir)
		}
	}
	return above
}

// nestedSearch looks into folders that are no packages, when the whole cache is
// to go: mamba 2.6 has its packages in there, and some people environments.
type nestedSearch struct {
	entries []*candidate

	mu sync.Mutex
}

// run notes in each entry the packages and environments inside.
func (s *nestedSearch) run(ctx context.Context, roots []walk.Root, jobs int) error {
	return walk.Read(ctx, roots, walk.ReadOptions{Jobs: jobs, NamesOnly: true}, s)
}

// Visit is for walk.Read.
func (s *nestedSearch) Visit(_ int, f *walk.Folder, _ bool, items []walk.Item, descend []bool) {
	for _, it := range items {
		if !it.IsDir() || it.Name != "info" && it.Name != environmentMark {
			continue
		}
		clear(descend)
		e := s.entries[f.Root]
		name := path.Join(e.Name, f.Path())
		s.mu.Lock()
		if it.Name == environmentMark {
			e.prefixes = append(e.prefixes, filepath.Join(e.Dir, filepath.FromSlash(name)))
		} else {
			e.nested = append(e.nested, &candidate{
				Entry: Entry{Category: e.Category, Dir: e.Dir, Name: name, Stat: f.Stat},
				dist:  path.Base(name),
			})
		}
		s.mu.Unlock()
	}
}

// Fail is for walk.Read: what cannot be read is noticed when it is measured.
func (s *nestedSearch) Fail(_, _ int, _ string, _ error) {}
