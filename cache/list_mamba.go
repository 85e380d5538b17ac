package cache

import (
	"path"
	"slices"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// maxNesting is how many folders below a cache a package may be; they are the parts of a
// channel's URL.
const maxNesting = 32

// maxChannel is maxNesting for a channel that is a name instead of a URL, such as
// conda-forge/label/dev/linux-64.
const maxChannel = 4

// isNested reports whether the folder name at the top of a cache belongs to mamba's nested
// layout. It is a URL scheme, or a channel that contains a subdir.
func (l *lister) isNested(name string) bool {
	switch {
	case strings.HasPrefix(name, "."), name == indexCacheDir:
		return false
	case meta.IsScheme(name):
		return true
	}
	dir, err := l.Dir.OpenDir(name)
	if err != nil {
		return false
	}
	defer dir.Close()
	return hasSubdir(dir, maxChannel)
}

// hasSubdir reports whether dir contains the folder of a platform, at most depth levels
// down.
func hasSubdir(dir *walk.Dir, depth int) bool {
	items, err := dir.ReadDir()
	if err != nil || isChannel(dir, items) {
		return false
	}
	for _, it := range items {
		if it.IsDir() && meta.IsSubdir(it.Name) {
			return true
		}
	}
	for _, it := range items {
		if depth > 1 && it.IsDir() && below(dir, it.Name, func(sub *walk.Dir) bool { return hasSubdir(sub, depth-1) }) {
			return true
		}
	}
	return false
}

// isChannel reports whether a folder is a channel, which has an index, rather than part of
// a cache. The archives of a channel may exist nowhere else.
func isChannel(dir *walk.Dir, items []walk.Item) bool {
	return slices.ContainsFunc(items, func(it walk.Item) bool {
		if it.IsDir() {
			return meta.IsSubdir(it.Name) && below(dir, it.Name, isIndexed)
		}
		return it.Name == "channeldata.json"
	})
}

// isIndexed reports whether the folder of a platform has an index, which may be a symlink.
func isIndexed(dir *walk.Dir) bool {
	return slices.ContainsFunc([]string{"repodata.json", "repodata.json.bz2", "repodata.json.zst", "current_repodata.json"},
		func(name string) bool {
			st, err := dir.Lstat(name)
			return err == nil && !st.Mode.IsDir()
		})
}

// nested lists a folder of mamba's nested layout at the top of the cache
// (package_cache_folder_relative_path in libmamba). It has archives, packages and locks
// below <scheme>/<host>/<channel>/<subdir> or <channel>/<subdir>.
func (l *lister) nested(name string) error {
	l.Family = Mamba
	n := nester{lister: l, anywhere: meta.IsScheme(name)}
	empty, err := n.folder(l.Dir, "", name)
	if err == nil && empty {
		return n.addEmpty(l.Dir, "", name)
	}
	return err
}

// nester is a lister below one folder.
type nester struct {
	*lister
	// anywhere says that packages may be outside of subdirs, wherever the URL of an archive
	// puts them. Otherwise other folders may be the user's own.
	anywhere bool
}

// folder lists the folder name in dir, which is at inside in the cache. It adds archives,
// packages and locks, and never looks into a package. empty reports whether it contains
// only folders that are empty in the same sense.
func (n *nester) folder(dir *walk.Dir, inside, name string) (empty bool, err error) {
	rel := path.Join(inside, name)
	sub, err := dir.OpenDir(name)
	var items []walk.Item
	if err == nil {
		defer sub.Close()
		items, err = sub.ReadDir()
	}
	if err != nil {
		n.problems = append(n.problems, err)
		return false, nil
	}
	if !n.force && (isChannel(sub, items) || meta.IsSubdir(name) && isIndexed(sub)) {
		return false, nil // a channel beside nested packages
	}
	first, note := len(n.entries), false
	aside := n.aside[rel] // restoring the quarantine needs the folder again
	packages := n.anywhere || meta.IsSubdir(name)
	var hollow []walk.Item // empty folders
	full := aside
	for _, it := range items {
		child := path.Join(rel, it.Name)
		switch {
		case it.IsDir() && packages && n.extracted(sub, rel, it.Name, it.Stat) != nil:
			full = true
		case it.IsDir() && below(sub, it.Name, isEnvironment):
			full = true // it is an environment, so nothing in it is listed
		case it.IsDir() && meta.IsSubdir(name):
			// Only packages are here, so this is what remains of one.
			full = true
			if n.anywhere && dist.IsName(it.Name) {
				n.add(Packages, child, it.Stat).isPackage(dist.OfFolder(it.Name))
			} else {
				n.other(child, it)
			}
		case it.IsDir() && strings.Count(child, "/") < maxNesting:
			empty, err := n.folder(sub, rel, it.Name)
			if err != nil {
				return false, err
			}
			if empty {
				hollow = append(hollow, it)
			}
			full = full || !empty
		case packages && !it.IsDir() && dist.IsArchive(it.Name):
			full = true
			if n.anywhere || n.downloaded(rel, it.Name) {
				n.add(Tarballs, child, it.Stat)
			} else {
				n.other(child, it)
			}
		case packages && it.Type.IsRegular() && isLock(it.Name, items, name):
			full = true
			n.add(Locks, child, it.Stat)
		case packages && it.Name == meta.URLsTxt && it.Type.IsRegular():
			note = true
		default:
			full = true
			n.other(child, it)
		}
	}
	if !full {
		return true, nil
	}
	for _, e := range n.entries[first:] {
		e.note = e.note || note && path.Dir(e.Name) == rel
	}
	for _, it := range hollow {
		if err := n.addEmpty(sub, rel, it.Name); err != nil {
			return false, err
		}
	}
	return false, nil
}

// downloaded reports whether the urls.txt of a folder names an archive. mamba writes one
// into each folder of packages, while a channel that has no index yet has none.
func (n *nester) downloaded(folder, archive string) bool {
	urls := n.URLs(folder)
	_, ok := urls[archive]
	return ok || dist.IsPartial(archive) && len(urls) > 0
}

// other lists an item outside the layout, which is removed only with force.
func (n *nester) other(rel string, it walk.Item) {
	if n.force {
		n.add(PkgsDirs, rel, it.Stat)
	}
}

// addEmpty adds a folder that contains nothing except empty folders and mamba's urls.txt,
// as micromamba clean leaves them.
func (n *nester) addEmpty(dir *walk.Dir, below, name string) error {
	st, err := dir.Lstat(name)
	if err == nil && n.anywhere {
		n.add(Trash, path.Join(below, name), st)
	}
	return err
}
