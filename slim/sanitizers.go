package slim

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"gclean/internal/parallel"
	"gclean/walk"
)

// sanitizer matches the run-time libraries of sanitizers, which only programs need
// that were compiled to be tested: libasan.so.8, libtsan.so, libubsan.so.1.0.0.
var sanitizer = regexp.MustCompile(`^lib(?:a|hwa|l|m|t|ub|rt)san\.so(?:\.[0-9.]+)?$`)

// libFolder matches the folders in which they are.
var libFolder = regexp.MustCompile(`^lib(?:64)?(?:/[a-z0-9_]+-linux-gnu[a-z0-9]*)?$`)

// sanitized are the names of sanitizers' libraries that a file of the environment names,
// with it: a program or library in any folder that is linked with one, a script that sets
// LD_PRELOAD, variables that conda sets (conda-meta/state). What cannot be read may name
// each. Few environments have such libraries, so all of its files are read.
func (t *tree) sanitized(ctx context.Context, prefix *walk.Dir, jobs int) (map[string]string, error) {
	found := map[string]string{}
	names := map[string]bool{}
	for _, f := range t.files {
		if f.kinds.has(Sanitizers) {
			names[sharedStem(f.name())] = true
		}
	}
	if len(names) == 0 {
		return found, nil
	}
	l := &lister{v: &treeVisitor{prefix: prefix, tree: &tree{}}}
	if err := walk.Read(ctx, []walk.Root{{Dir: prefix}}, walk.ReadOptions{Jobs: jobs, NamesOnly: true}, l); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	needs := func(name, by string) {
		mu.Lock()
		defer mu.Unlock()
		if old, ok := found[name]; !ok || by < old {
			found[name] = by
		}
	}
	each := func(by string) {
		for name := range names {
			needs(name, by)
		}
	}
	for _, dir := range l.closed {
		each(dir)
	}
	err := parallel.Each(ctx, 0, l.files, func(file string) error {
		own := sharedStem(path.Base(file))
		if names[own] && sanitizer.MatchString(path.Base(file)) {
			return nil
		}
		f, err := prefix.OpenFileBelow(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			each(file)
			return nil
		}
		defer f.Close()
		if err := inParts(f, func(text []byte) {
			for name := range names {
				if bytes.Contains(text, []byte(name+".so")) {
					needs(name, file)
				}
			}
		}); err != nil {
			each(file)
		}
		return nil
	})
	return found, err
}

// lister is a walk.Visitor that lists the regular files of the environment, but for its
// records, which list all of them, and documentation.
type lister struct {
	v      *treeVisitor
	mu     sync.Mutex
	files  []string
	closed []string // folders that cannot be read
}

// Visit implements walk.Visitor.
func (l *lister) Visit(_ int, f *walk.Folder, _ bool, items []walk.Item, descend []bool) {
	dir := f.Path()
	if f.Depth > 0 && l.v.other(f, dir) || isBelow(dir, docFolders) {
		clear(descend)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range items {
		switch it := &items[i]; {
		case it.IsDir():
			descend[i] = true
		case it.Type.IsRegular() && (dir != "conda-meta" || path.Ext(it.Name) != ".json"):
			l.files = append(l.files, strings.Clone(join(dir, it.Name)))
		}
	}
}

// Fail implements walk.Visitor.
func (l *lister) Fail(_, _ int, full string, err error) {
	if rel, rerr := filepath.Rel(l.v.prefix.Path(), full); rerr == nil && !errors.Is(err, walk.ErrMountPoint) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.closed = append(l.closed, filepath.ToSlash(rel))
	}
}
