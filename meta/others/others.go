// Package others finds and measures folders of packages that gclean does not clean by
// default. These are caches of other installations, and folders of conda-build, constructor
// and conda-pypi.
//
//	folders, err := others.Find(ctx, discovery, 0)
//	for _, f := range folders { ... } // if f.Cache is set, the user can name it to clean it
//
// It opens only folders, to measure them. Root's process does not look below the homes of
// other users.
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

// Kind says which tool a folder belongs to. It is a code for scripts.
type Kind string

// The kinds of folders.
const (
	Installation Kind = "installation" // the cache of another installation of conda or mamba
	CondaBuild   Kind = "conda_build"
	Constructor  Kind = "constructor"
	CondaPyPI    Kind = "conda_pypi"
)

// String returns the kind in words.
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

// Folder is a folder that exists and is not among Discovery.Caches.
type Folder struct {
	Path   string
	Source string // what named it
	Kind   Kind
	Cache  bool       // it has the marks of a package cache
	Usage  walk.Usage // an inode with several links counts once over all folders
	Err    error      // the first error; Usage is then a lower bound
}

// Find finds and measures the folders. jobs is how many are read at a time; 0 chooses a
// number. It returns an error only if ctx ends.
func Find(ctx context.Context, d *meta.Discovery, jobs int) ([]Folder, error) {
	var list []Folder
	var roots []walk.Root
	var index []int // index in list of each root
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

// candidates returns the folders that may exist. Caches are included only if they have
// marks.
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
			continue // read by its user's process, not by this one
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
		// constructor has one cache for each platform, with conda's marks.
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

// rootsOf returns the root prefixes that an environment reveals: itself, if conda is in it,
// and the prefix that has it in envs.
func rootsOf(d *meta.Discovery, e *meta.Environment) (roots []string) {
	if hasConda(e) || mayLook(d, e.Prefix) && exists(filepath.Join(e.Prefix, "condabin")) {
		roots = append(roots, e.Prefix)
	}
	if envs := filepath.Dir(e.Prefix); filepath.Base(envs) == "envs" {
		roots = append(roots, filepath.Dir(envs))
	}
	return roots
}

// hasConda reports whether conda is installed in the environment.
func hasConda(e *meta.Environment) bool {
	return slices.ContainsFunc(e.Records, func(name string) bool {
		ok, _ := filepath.Match("conda-[0-9]*.json", name) // the pattern is valid
		return ok
	})
}

// isCache reports whether a folder has a mark of a package cache.
func isCache(dir string) bool {
	return slices.ContainsFunc(meta.CacheMarks(), func(mark string) bool { return exists(filepath.Join(dir, mark)) })
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// mayLook reports whether this process may look at path. It must not be or contain a home,
// and for root it must not be in another user's home.
func mayLook(d *meta.Discovery, path string) bool {
	if filepath.Dir(path) == path {
		return false
	}
	for _, home := range slices.Concat(d.Homes, []string{d.Host.Home}) {
		switch {
		case home == "" || home == "/dev" || filepath.Dir(home) == home: // accounts of services have / or /dev as home
		case below(home, path):
			return false
		case d.Host.UID == 0 && home != d.Host.Home && below(path, home):
			return false
		}
	}
	return true
}

// isOpenTo is mayLook for the real path of path.
func isOpenTo(d *meta.Discovery, path string) bool {
	real, err := walk.Real(path)
	return err == nil && mayLook(d, real)
}

// below reports whether path is dir or in it.
func below(path, dir string) bool {
	rest, ok := strings.CutPrefix(filepath.Clean(path), strings.TrimSuffix(filepath.Clean(dir), string(filepath.Separator)))
	return ok && (rest == "" || rest[0] == filepath.Separator)
}
