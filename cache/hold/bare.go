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

// maxBare is how many names are looked at in an environment without records.
// What has more is a doubt: the folder may be anything.
const maxBare = 1 << 20

var errTooLarge = errors.New("it has no records, and too many files to look at")

// bare looks at every symlink below the environment.
func (d *diskEvidence) bare(ctx context.Context, env *meta.Environment, packages []*Package) (map[*Package]string, error) {
	top, err := walk.Open(env.Prefix)
	switch {
	case err != nil && walk.LeadsNowhere(err):
		return nil, nil // gone since it was found
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

// owners finds the package that a folder lies in.
type owners struct {
	byID map[walk.ID]*Package
	of   map[string]*Package // by path, once asked; nil for none
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

// bareVisitor collects the symlinks of an environment without records. What lies
// in it of caches that are asked about, and of environments with records, is not looked
// at: they speak for themselves. Any folder may have a file that is named like the mark
// of a cache.
type bareVisitor struct {
	top    string
	caches map[walk.ID]bool
	mu     sync.Mutex
	names  int
	links  []string // below the prefix
	err    error    // first thing that could not be read
}

// Visit is for walk.Read.
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
			// The name is valid during the call only, and Join may return it as it is.
			v.links = append(v.links, filepath.Join(filepath.FromSlash(f.Path()), strings.Clone(it.Name)))
		}
	}
}

// hasRecords says whether a folder below the prefix is an environment with records.
func (v *bareVisitor) hasRecords(f *walk.Folder) bool {
	env, exists := meta.ReadEnvironment(filepath.Join(v.top, filepath.FromSlash(f.Path())))
	return exists && env.Err == nil && len(env.Records) > 0
}

// Fail is for walk.Read.
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
