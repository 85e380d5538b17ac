// Package others finds folders of packages that gclean does not clean by itself, and
// says how large they are: caches of other installations, and what conda-build,
// constructor and conda-pypi keep.
//
//	folders, err := others.Find(ctx, discovery, 0)
//	for _, f := range folders { ... } // a cache if f.Cache: it is cleaned where a user names it
//
// Nothing in a folder is opened but folders, to measure them. Root's process looks at
// nothing below the homes of other users.
package others

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gclean/meta"
	"gclean/walk"
)

// Kind says whose a folder is. It is a code for scripts.
type Kind string

// The kinds of folders.
const (
	Installation Kind = "installation" // the cache of another installation of conda or mamba
	CondaBuild   Kind = "conda_build"
	Constructor  Kind = "constructor"
	CondaPyPI    Kind = "conda_pypi"
)

// String is the kind for people.
func (k Kind) String() string {
	switch k {
	case Installation:
		return "cache of another installation"
	case CondaBuild:
		return "conda-build"
	case CondaPyPI:
		return "conda-pypi"
	}
	return string(k)
}

// Folder is a folder that exists and is none of Discovery.Caches.
type Folder struct {
	Path   string
	Source string // what it was learned from
	Kind   Kind
	Cache  bool       // it has the marks of a package cache
	Usage  walk.Usage // an inode with several links is counted once in all folders
	Err    error      // the first thing that could not be read; Usage is then a lower bound
}

// Find finds and measures the folders; jobs is how many are read at a time, 0
// chooses. The error is that of ctx.
func Find(ctx context.Context, d *meta.Discovery, jobs int) ([]Folder, error) {
	var list []Folder
	var roots []walk.Root
	var index []int // in list, of each root
	defer func() {
		for _, r := range roots {
			r.Dir.Close()
		}
	}()
	seen := map[walk.ID]bool{}
	for _, c := range d.Caches {
		if id, err := walk.Identify(c.Path); err == nil {
			seen[id] = true
		}
	}
	for _, f := range candidates(d) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		fi, err := os.Stat(f.Path)
		if err != nil || !fi.IsDir() || fi.Mode()&fs.ModeSticky != 0 && fi.Mode().Perm()&0o002 != 0 {
			continue
		}
		id, err := walk.Identify(f.Path)
		if err != nil || seen[id] || !isOpenTo(d, f.Path) {
			continue
		}
		seen[id] = true
		dir, err := walk.Open(f.Path)
		if f.Err = err; err == nil {
			roots, index = append(roots, walk.Root{Dir: dir}), append(index, len(list))
		}
		list = append(list, f)
	}
	trees, links, err := walk.Measure(ctx, roots, walk.MeasureOptions{Jobs: jobs})
	if err != nil {
		return nil, err
	}
	for i, tree := range trees {
		list[index[i]].Usage, list[index[i]].Err = tree.Usage, tree.Err
	}
	for inode := range links.Inodes {
		list[index[inode.Trees[0]]].Usage.Add(inode.Usage())
	}
	return list, nil
}

// candidates are the folders that there may be, caches only where they have marks.
func candidates(d *meta.Discovery) []Folder {
	var list []Folder
	known := map[string]bool{}
	add := func(f Folder) {
		if filepath.IsAbs(f.Path) && !known[f.Path] && mayLook(d, f.Path) {
			known[f.Path] = true
			f.Cache = isCache(f.Path)
			if f.Cache || f.Kind != Installation {
				list = append(list, f)
			}
		}
	}
	var builds []Folder
	for i := range d.Environments {
		e := &d.Environments[i]
		if e.Elsewhere != nil {
			continue // its user's process has looked at it, this one does not
		}
		for _, root := range rootsOf(d, e) {
			source := "environment " + e.Prefix
			if len(e.Sources) > 0 {
				source = e.Sources[0]
			}
			add(Folder{Path: filepath.Join(root, "pkgs"), Source: source, Kind: Installation})
			builds = append(builds, Folder{Path: filepath.Join(root, "conda-bld"), Source: source, Kind: CondaBuild})
		}
	}
	if d.Config != nil {
		for _, v := range d.Config.BuildFolders() {
			add(Folder{Path: v.Path, Source: v.Source, Kind: CondaBuild})
		}
	}
	for _, f := range builds {
		add(f)
	}
	path, source := constructor(d.Host)
	for _, name := range subdirs(d, path) {
		// constructor has one cache for each platform, and conda's marks in it.
		if dir := filepath.Join(path, name); isCache(dir) {
			add(Folder{Path: dir, Source: source, Kind: Constructor})
		}
	}
	if !slices.ContainsFunc(list, func(f Folder) bool { return f.Kind == Constructor }) {
		add(Folder{Path: path, Source: source, Kind: Constructor})
	}
	add(Folder{Path: condaPyPI(d.Host), Source: "default", Kind: CondaPyPI})
	return list
}

// rootsOf are the root prefixes that an environment tells of: itself, if conda is in
// it, and the one that has it in its envs.
func rootsOf(d *meta.Discovery, e *meta.Environment) (roots []string) {
	if hasConda(e) || mayLook(d, e.Prefix) && exists(filepath.Join(e.Prefix, "condabin")) {
		roots = append(roots, e.Prefix)
	}
	if envs := filepath.Dir(e.Prefix); filepath.Base(envs) == "envs" {
		roots = append(roots, filepath.Dir(envs))
	}
	return roots
}

// hasConda says whether conda is a package of the environment.
func hasConda(e *meta.Environment) bool {
	return slices.ContainsFunc(e.Records, func(name string) bool {
		ok, _ := filepath.Match("conda-[0-9]*.json", name) // the pattern is sound
		return ok
	})
}

// isCache says whether a folder has the mark of a package cache.
func isCache(dir string) bool {
	return slices.ContainsFunc(meta.CacheMarks(), func(mark string) bool { return exists(filepath.Join(dir, mark)) })
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// mayLook says whether this process may look at path: it neither is nor contains a
// home, and for root it is not in the home of another user.
func mayLook(d *meta.Discovery, path string) bool {
	if filepath.Dir(path) == path {
		return false
	}
	for _, home := range slices.Concat(d.Homes, []string{d.Host.Home}) {
		switch {
		case home == "" || filepath.Dir(home) == home: // accounts of services have / for a home
		case below(home, path):
			return false
		case d.Host.UID == 0 && home != d.Host.Home && below(path, home):
			return false
		}
	}
	return true
}

// isOpenTo is mayLook of what path leads to.
func isOpenTo(d *meta.Discovery, path string) bool {
	real, err := walk.Real(path)
	return err == nil && mayLook(d, real)
}

// below says whether path is dir, or in it.
func below(path, dir string) bool {
	rest, ok := strings.CutPrefix(filepath.Clean(path), strings.TrimSuffix(filepath.Clean(dir), string(filepath.Separator)))
	return ok && (rest == "" || rest[0] == filepath.Separator)
}
