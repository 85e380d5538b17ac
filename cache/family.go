package cache

import (
	"io"
	"path"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// Family says how a cache is laid out.
type Family int

// The families.
const (
	// Conda is flat: conda, and mamba before 2.6.
	Conda Family = iota
	// Mamba has folders by channel beside flat entries: mamba 2.6 and later
	// (package_cache_folder_relative_path in libmamba).
	Mamba
	// Rattler is the package cache of rattler and pixi: each folder has a metadata file
	// beside it (crates/rattler_cache/src/package_cache).
	Rattler
	// RattlerIndex is the folder around a Rattler cache, with the index caches.
	RattlerIndex
)

// String returns the name that the info command prints.
func (f Family) String() string {
	switch f {
	case Conda:
		return "conda"
	case Mamba:
		return "mamba"
	case Rattler:
		return "rattler"
	case RattlerIndex:
		return "rattler index"
	}
	return "?"
}

// Code returns the family as a word that scripts can rely on.
func (f Family) Code() string { return strings.ReplaceAll(f.String(), " ", "_") }

// Names in caches, besides the marks in package meta.
const (
	rattlerPkgs = "pkgs"        // PACKAGE_CACHE_DIR
	repodataDir = "repodata"    // REPODATA_CACHE_DIR
	runExports  = "run-exports" // RUN_EXPORTS_CACHE_DIR
	cacheDirTag = "CACHEDIR.TAG"
	shardsDir   = "shards" // cache_shards_relative in libmamba's cache_paths.hpp
)

// detect returns the family of a cache, by its marks, and the name of the file that is its
// mark, if a file is. ok is false if dir is not a cache itself.
func detect(dir *walk.Dir) (f Family, mark string, ok bool) {
	for _, name := range meta.CondaMarks() {
		if st, err := dir.Lstat(name); err == nil && !st.Mode.IsDir() {
			for _, scheme := range meta.Schemes() {
				if isFolder(dir, scheme) {
					return Mamba, name, true
				}
			}
			return Conda, name, true
		}
	}
	switch {
	case isFile(dir, meta.RattlerLock):
		return Rattler, meta.RattlerLock, true
	case hasMetadataFiles(dir):
		return Rattler, "", true
	case isRattlerRoot(dir):
		return RattlerIndex, "", true
	case below(dir, indexCacheDir, func(sub *walk.Dir) bool { return isFolder(sub, shardsDir) }):
		return Mamba, "", true // mamba keeps shards outside its package caches
	}
	return 0, "", false
}

// hasMetadataFiles reports whether dir has an extracted package with rattler's metadata
// file beside it. That recognizes caches from before rattler wrote .cache.lock.
func hasMetadataFiles(dir *walk.Dir) bool {
	items, err := dir.ReadDir()
	if err != nil {
		return false
	}
	for _, it := range items {
		distribution, ok := strings.CutSuffix(it.Name, ".lock")
		if ok && it.Type.IsRegular() && dist.IsName(distribution) &&
			below(dir, distribution+"/info", func(info *walk.Dir) bool { return isFile(info, "index.json") }) {
			return true
		}
	}
	return false
}

// isRattlerRoot reports whether dir is the folder around a package cache of rattler.
// rattler tags that folder, pixi does not.
func isRattlerRoot(dir *walk.Dir) bool {
	if hasRattlerTag(dir) && (isFolder(dir, rattlerPkgs) || isFolder(dir, repodataDir) || isFolder(dir, runExports)) {
		return true
	}
	return below(dir, rattlerPkgs, func(sub *walk.Dir) bool {
		f, _, ok := detect(sub)
		return ok && f == Rattler
	})
}

// hasRattlerTag reports whether dir has a CACHEDIR.TAG written by rattler, since other
// programs tag their caches too (crates/rattler_conda_types/src/backup.rs).
func hasRattlerTag(dir *walk.Dir) bool {
	f, err := dir.OpenFile(cacheDirTag)
	if err != nil {
		return false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	return err == nil && strings.Contains(string(text), "created by rattler")
}

// isUserCache reports whether dir is the folder of conda and mamba in the user's cache
// folder, such as ~/.cache/conda. conda's notices/ in it is not a cache: conda stores there
// which notices of channels it has shown (conda/notices/cache.py).
func isUserCache(dir *walk.Dir) bool {
	return below(dir, path.Join(rattlerPkgs, indexCacheDir), func(sub *walk.Dir) bool { return isFolder(sub, shardsDir) })
}
