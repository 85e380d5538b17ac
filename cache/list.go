package cache

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// Names in a cache of conda or mamba.
const (
	indexCacheDir = "cache"  // repodata (find_index_cache in conda/cli/main_clean.py)
	logsDir       = ".logs"  // CONDA_LOGS_DIR
	condaTrash    = ".trash" // conda.base.context.trash_dir
)

// lister lists the entries of one cache.
type lister struct {
	*Opened
	force    bool // list everything, for --force-pkgs-dirs
	entries  []*candidate
	problems []error                    // folders that could not be listed
	marked   map[string]bool            // entries that an earlier run began to remove in place
	trashes  map[string]bool            // names of the trashes that were listed
	dists    map[string]map[string]bool // by folder: the distributions in its urls.txt; read on demand
	aside    map[string]bool            // original places of quarantined entries and their companions, and the folders around those places
}

// list lists the entries of a cache; with force, everything in it. The errors name what it
// could not list.
func list(c *Opened, force bool) ([]*candidate, []error) {
	l := &lister{Opened: c, force: force}
	items, err := c.Dir.ReadDir()
	if err != nil {
		return nil, []error{err}
	}
	if err := l.ownTrash(items); err != nil {
		l.problems = append(l.problems, err)
	}
	if !force { // with force, the quarantine is one entry
		l.quarantined()
	}
	one := map[Family]func(walk.Item, []walk.Item) error{
		Conda: l.item, Mamba: l.item, Rattler: l.rattlerItem, RattlerIndex: l.rattlerRootItem,
	}[c.Family]
	for _, it := range items {
		if it.Type&fs.ModeSymlink != 0 && dist.IsName(it.Name) {
			l.noteLink(it.Name)
		}
		if err := one(it, items); err != nil {
			l.problems = append(l.problems, err)
		}
	}
	return l.entries, l.problems
}

// noteLink notes where the symlink name leads to.
func (l *lister) noteLink(name string) {
	id, err := walk.Identify(filepath.Join(l.Dir.Path(), name))
	if err != nil {
		return // nothing reaches a package by it
	}
	if l.links == nil {
		l.links = map[walk.ID][]string{}
	}
	l.links[id] = append(l.links[id], name)
}

func (l *lister) add(c Category, name string, st walk.Stat) *candidate {
	if l.force {
		c = PkgsDirs
	}
	e := &candidate{
		Entry:  Entry{Category: c, Dir: l.Dir.Path(), Name: name, Stat: st, Newest: st.Ctime},
		folder: st.Mode.IsDir(),
	}
	if !e.folder {
		e.Usage.Files, e.Usage.Apparent = 1, st.Size
		if st.Nlink <= 1 {
			e.Usage.Disk, e.Usage.Inodes = st.Disk, 1
		}
	}
	l.entries = append(l.entries, e)
	return e
}

func (l *lister) item(it walk.Item, all []walk.Item) error {
	name := it.Name
	isFile := it.Type.IsRegular() || it.Type&fs.ModeSymlink != 0
	switch {
	case l.trashes[name] || !l.force && IsOwnTrash(name): // listed already, or not usable by this user
	case name == OwnLease: // removed when the run that holds it ends
	case it.IsDir() && l.extracted(l.Dir, "", name, it.Stat) != nil:
	case it.IsDir() && l.isNested(name):
		return l.nested(name)
	case l.force:
		e := l.add(PkgsDirs, name, it.Stat)
		if it.Type&fs.ModeSymlink != 0 && l.leadsToFolder(name) {
			// a package that was moved to another disk
			e.leadsTo, _ = walk.Identify(e.Path())
			e.isPackage(name)
		}
	case name == indexCacheDir && (it.IsDir() || isFile && l.leadsToFolder(name)):
		l.add(IndexCache, name, it.Stat)
		if it.IsDir() {
			return l.locksBelow(name)
		}
	case name == logsDir && it.IsDir():
		return l.children(name, LogFiles)
	case name == condaTrash && it.IsDir():
		return l.children(name, Trash)
	case isFile && IsTrashFile(name):
		l.add(Trash, name, it.Stat)
	case isFile && dist.IsArchive(name):
		if it.Type.IsRegular() || !l.leadsToFolder(name) {
			l.add(Tarballs, name, it.Stat)
		}
	case it.Name == OwnLock && it.Type.IsRegular(), isOldLock(l.Dir, it):
		l.add(Locks, name, it.Stat)
	case it.Type.IsRegular() && isLock(name, all, filepath.Base(l.Dir.Path())):
		l.add(Locks, name, it.Stat)
	}
	return nil
}

// extracted adds the folder name in dir, which is at below in the cache, if it is an
// extracted package.
func (l *lister) extracted(dir *walk.Dir, below, name string, st walk.Stat) *candidate {
	rel := path.Join(below, name)
	c := Packages
	var unclear error
	switch {
	case l.marked[rel]:
		c = Trash
	default:
		var is bool
		if is, unclear = l.isPackage(dir, below, name); !is {
			return nil
		}
	}
	e := l.add(c, rel, st)
	e.unclear = unclear
	e.isPackage(dist.OfFolder(name))
	e.leftover = c == Trash
	return e
}

// isPackage reports whether the folder name in dir is an extracted package. Either its info
// describes one, or the cache knows the package and this is what a killed extraction or
// removal left of it. A folder that cannot be read at the moment counts as a package in
// doubt. One without permission to read may be anything, and does not count.
func (l *lister) isPackage(dir *walk.Dir, below, name string) (is bool, unclear error) {
	if strings.HasPrefix(name, ".") || below == "" && name == indexCacheDir {
		return false, nil
	}
	sub, err := dir.OpenDir(name)
	switch {
	case err == nil:
	case walk.LeadsNowhere(err), errors.Is(err, walk.ErrMountPoint):
		return l.knows(dir, below, name), nil
	default:
		return !errors.Is(err, fs.ErrPermission) || l.force || l.knows(dir, below, name), err
	}
	defer sub.Close()
	if isEnvironment(sub) {
		return false, nil // its owner keeps environments among the packages
	}
	if is, err := describesPackage(sub); is || err != nil {
		return true, err
	}
	return l.knows(dir, below, name), nil
}

// describesPackage reports whether a folder has an info folder with a file of a package in
// it. Other folders may be called info too. An error means that it may have such a file.
func describesPackage(dir *walk.Dir) (bool, error) {
	info, err := dir.OpenDir("info")
	if err != nil {
		if walk.LeadsNowhere(err) {
			err = nil
		}
		return false, err
	}
	defer info.Close()
	for _, name := range []string{"index.json", "paths.json", "files", "repodata_record.json"} {
		switch st, err := info.Lstat(name); {
		case err == nil && st.Mode.IsDir(): // not a package's: those are files
		case err == nil:
			return true, nil
		case !walk.LeadsNowhere(err):
			return false, err
		}
	}
	return false, nil
}

// isEnvironment reports whether dir is an environment, and not a package that contains
// files for conda-meta.
func isEnvironment(dir *walk.Dir) bool {
	records, err := dir.OpenDir(meta.CondaMeta)
	if err != nil {
		return false
	}
	defer records.Close()
	_, err = records.Lstat("history")
	return err == nil
}

// knows reports whether the folder at below has, or had, an archive of distribution.
func (l *lister) knows(dir *walk.Dir, below, distribution string) bool {
	known, ok := l.dists[below]
	if !ok {
		known = map[string]bool{}
		for name := range l.URLs(below) {
			known[dist.OfArchive(name)] = true
		}
		if l.dists == nil {
			l.dists = map[string]map[string]bool{}
		}
		l.dists[below] = known
	}
	if known[distribution] {
		return true
	}
	for _, ending := range dist.Endings() {
		if isFile(dir, distribution+ending) {
			return true
		}
	}
	return false
}

// leadsToFolder reports whether the symlink name leads to a folder.
func (l *lister) leadsToFolder(name string) bool {
	fi, err := os.Stat(l.Dir.Path() + string(os.PathSeparator) + name)
	return err == nil && fi.IsDir()
}

// children adds each item in the folder name as an entry.
func (l *lister) children(name string, c Category) error {
	sub, err := l.Dir.OpenDir(name)
	if err != nil {
		return err
	}
	defer sub.Close()
	items, err := sub.ReadDir()
	if err != nil {
		return err
	}
	for _, it := range items {
		if c == LogFiles && it.IsDir() {
			continue // conda removes only files there
		}
		l.add(c, name+"/"+it.Name, it.Stat)
	}
	return nil
}
