package cache

import (
	"path/filepath"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// rattlerItem lists one item of rattler's package cache. A package is <dist>/ or
// <dist>-<sha256>/ with its metadata file <the same>.lock; other items are the remains of
// killed downloads. The writers' lock is never an entry.
func (l *lister) rattlerItem(it walk.Item, all []walk.Item) error {
	name := it.Name
	base, isLock := strings.CutSuffix(name, ".lock")
	switch {
	case name == meta.RattlerLock || name == OwnLock || name == OwnLease || l.trashes[name]:
	case !l.force && IsOwnTrash(name): // not usable by this user
	case it.IsDir() && isTempDir(name):
		l.add(Tarballs, name, it.Stat)
	case it.IsDir() && l.rattlerPackage(it):
		e := l.entries[len(l.entries)-1]
		l.companion(e, name+".lock", all)
	case isLock && it.Type.IsRegular() && isFolder(l.Dir, base): // removed with its package
	case isLock && it.Type.IsRegular() && base == filepath.Base(l.Dir.Path()):
		l.add(Locks, name, it.Stat) // a lock of mamba or of gclean
	case isLock && it.Type.IsRegular() && dist.IsName(base) && l.aside[name]: // its package is in quarantine
	case isLock && it.Type.IsRegular() && dist.IsName(base):
		l.add(Trash, name, it.Stat) // its package no longer exists
	case !it.IsDir() && dist.IsArchive(name):
		l.add(Tarballs, name, it.Stat)
	case l.force:
		l.add(PkgsDirs, name, it.Stat)
	}
	return nil
}

// rattlerPackage adds a folder if it is an extracted package, complete or not.
func (l *lister) rattlerPackage(it walk.Item) bool {
	if l.extracted(l.Dir, "", it.Name, it.Stat) != nil {
		return true
	}
	if !isFile(l.Dir, it.Name+".lock") {
		return false
	}
	// info/ is missing: the extraction was cut short.
	l.add(Packages, it.Name, it.Stat).isPackage(dist.OfFolder(it.Name))
	return true
}

// isTempDir reports whether name is a folder that rattler extracts into before it renames
// it: .<dist> and six more characters (validate_package_common).
func isTempDir(name string) bool {
	distribution, ok := strings.CutPrefix(name, ".")
	return ok && len(distribution) > 6 && dist.IsName(distribution[:len(distribution)-6])
}

// companion makes the file name, if it exists, be removed with e.
func (l *lister) companion(e *candidate, name string, all []walk.Item) {
	for _, it := range all {
		if it.Name == name && it.Type.IsRegular() {
			e.Also = append(e.Also, name)
			e.also.Add(walk.Usage{Files: 1, Apparent: it.Stat.Size, Disk: it.Stat.Disk, Inodes: 1})
			return
		}
	}
}

// rattlerRootItem lists the index caches beside a package cache of rattler. It leaves out
// the other caches there, such as pixi's uv-cache, conda-pypi-mapping, exec and
// cached-envs-v0. conda clean has nothing to do with them, and some contain environments.
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
