package hold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"gclean/meta"
	"gclean/walk"
)

// maxBare is the most names that gclean reads in an environment without records. A larger
// folder may be anything: its environment becomes a doubt.
const maxBare = 1 << 20

var errTooLarge = errors.New("it has no records, and too many files to look at")

// bare implements evidence: it looks at every symlink below the environment.
func (d *diskEvidence) bare(ctx context.Context, env *meta.Environment, packages []*Package) (map[*Package]string, error) {
	top, err := walk.Open(env.Prefix)
	switch {
	case err != nil && walk.LeadsNowhere(err):
		return nil, nil // removed since it was found
	case err != nil:
		return nil, err
	}
	defer top.Close()
	v := &bareVisitor{top: top.Path(), caches: map[walk.ID]bool{}}
	seen := map[string]bool{}
	for _, p := range packages {
		if seen[p.Cache] {
			continue
		}
		seen[p.Cache] = true
		if id, err := walk.Identify(p.Cache); err == nil {
			v.caches[id] = true
		}
	}
	if err := walk.Read(ctx, []walk.Root{{Dir: top}}, walk.ReadOptions{NamesOnly: true}, v); err != nil {
		return nil, err
	}
	owners := owners{byID: map[walk.ID]*Package{}, of: map[string]*Package{}}
	for _, p := range packages {
		owners.byID[p.ID] = p
	}
	found := map[*Package]string{}
	for _, rel := range v.links {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var p *Package
		file, err := d.fileInto(top.Path(), rel, map[string]string{}, func(dir string) (bool, error) {
			var err error
			p, err = owners.find(dir)
			return p != nil, err
		})
		if err != nil {
			v.fail(err)
		} else if file != "" && found[p] == "" {
			found[p] = file
		}
	}
	return found, v.err
}

// owners finds the package that contains a folder.
type owners struct {
	byID map[walk.ID]*Package
	of   map[string]*Package // by path of the folder; nil if no package contains it
}

func (o owners) find(dir string) (*Package, error) {
	if p, ok := o.of[dir]; ok {
		return p, nil
	}
	id, err := walk.Identify(dir)
	if err != nil && !walk.LeadsNowhere(err) {
		return nil, fmt.Errorf("%w: %w", errNoProof, err)
	}
	var p *Package
	if err == nil {
		p = o.byID[id]
	}
	if up := filepath.Dir(dir); p == nil && up != dir {
		if p, err = o.find(up); err != nil {
			return nil, err
		}
	}
	o.of[dir] = p
	return p, nil
}

// bareVisitor collects the symlinks of an environment without records. It does not enter
// caches whose packages are asked about, nor environments with records: those are read on
// their own. A cache is recognized by its identity, because any folder may have a file
// named like a cache's mark.
type bareVisitor struct {
	top    string
	caches map[walk.ID]bool
	mu     sync.Mutex
	names  int
	links  []string // paths relative to the prefix
	err    error    // the first thing that could not be read
}

// Visit implements walk.Visitor.
func (v *bareVisitor) Visit(_ int, f *walk.Folder, _ bool, items []walk.Item, descend []bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.names += len(items); v.names > maxBare {
		v.err = errTooLarge
		clear(descend)
		return
	}
	if f.Depth > 0 && (v.caches[f.Stat.ID] || slices.ContainsFunc(items, func(it walk.Item) bool {
		return it.Name == meta.CondaMeta && it.IsDir() && v.hasRecords(f)
	})) {
		clear(descend)
		return
	}
	for _, it := range items {
		if it.Type&fs.ModeSymlink != 0 {
			// The name is valid only during this call, and Join may return it without
			// copying.
			v.links = append(v.links, filepath.Join(filepath.FromSlash(f.Path()), strings.Clone(it.Name)))
		}
	}
}

// hasRecords reports whether a folder below the prefix is an environment with records.
func (v *bareVisitor) hasRecords(f *walk.Folder) bool {
	env, exists := meta.ReadEnvironment(filepath.Join(v.top, filepath.FromSlash(f.Path())))
	return exists && env.Err == nil && len(env.Records) > 0
}

// Fail implements walk.Visitor.
func (v *bareVisitor) Fail(_, _ int, _ string, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fail(err)
}

func (v *bareVisitor) fail(err error) {
	if v.err == nil {
		v.err = err
	}
}
