package cache

import (
	"path/filepath"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// rattlerItem adds what a name in rattler's package cache is: <dist>/ or
// <dist>-<sha256>/ with its metadata file <the same>.lock, or what a killed
// download has left. The lock of the writers is never an entry.
func (l *lister) rattlerItem(it walk.Item, all []walk.Item) error {
	name := it.Name
	base, isLock := strings.CutSuffix(name, ".lock")
	switch {
	case name == meta.RattlerLock || name == OwnLock || name == OwnLease || l.trashes[name]:
	case !l.force && IsOwnTrash(name): // not ours
	case it.IsDir() && isTempDir(name):
		l.add(Tarballs, name, it.Stat)
	case it.IsDir() && l.rattlerPackage(it):
		e := l.entries[len(l.entries)-1]
		l.companion(e, name+".lock", all)
	case isLock && it.Type.IsRegular() && isFolder(l.Dir, base): // the companion of its package
	case isLock && it.Type.IsRegular() && base == filepath.Base(l.Dir.Path()):
		l.add(Locks, name, it.Stat) // mamba's, or gclean's in its place
	case isLock && it.Type.IsRegular() && dist.IsName(base) && l.aside[name]: // its package is in quarantine
	case isLock && it.Type.IsRegular() && dist.IsName(base):
		l.add(Trash, name, it.Stat) // of a package that is gone
	case !it.IsDir() && dist.IsArchive(name):
		l.add(Tarballs, name, it.Stat)
	case l.force:
		l.add(PkgsDirs, name, it.Stat)
	}
	return nil
}

// rattlerPackage adds a folder if it is an extracted package, whole or not.
func (l *lister) rattlerPackage(it walk.Item) bool {
	if l.extracted(l.Dir, "", it.Name, it.Stat) != nil {
		return true
	}
	if !isFile(l.Dir, it.Name+".lock") {
		return false
	}
	// info/ is missing: it was not extracted whole.
	l.add(Packages, it.Name, it.Stat).isPackage(dist.OfFolder(it.Name))
	return true
}

// isTempDir says whether name is a folder that rattler extracts to before it
// renames it: .<dist> and six more characters (validate_package_common).
func isTempDir(name string) bool {
	distribution, ok := strings.CutPrefix(name, ".")
	return ok && len(distribution) > 6 && dist.IsName(distribution[:len(distribution)-6])
}

// companion makes the file name, if it is there, go with e.
func (l *lister) companion(e *candidate, name string, all []walk.Item) {
	for _, it := range all {
		if it.Name == name && it.Type.IsRegular() {
			e.Also, e.AlsoIDs = append(e.Also, name), map[string]walk.ID{name: it.Stat.ID}
			e.also.Add(walk.Usage{Files: 1, Apparent: it.Stat.Size, Disk: it.Stat.Disk, Inodes: 1})
			return
		}
	}
}

// rattlerRootItem adds the index caches beside a package cache of rattler. The
// other caches there (pixi's uv-cache, conda-pypi-mapping, exec, cached-envs-v0
// and so on) are no business of conda clean; some have environments in them.
func (l *lister) rattlerRootItem(it walk.Item, _ []walk.Item) error {
	switch {
	case (it.Name == repodataDir || it.Name == runExports) && it.IsDir():
		l.add(IndexCache, it.Name, it.Stat)
		if it.Name == repodataDir && !l.force {
			return l.locksBelow(it.Name)
		}
	case it.Name == rattlerPkgs, it.Name == cacheDirTag, strings.HasPrefix(it.Name, ".gclean"):
	default:
		l.Others = append(l.Others, it.Name)
	}
	return nil
}
