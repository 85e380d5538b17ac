package cache

import (
	"io"
	"path"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// Family is the way in which a cache is laid out.
type Family int

// The families.
const (
	// Conda is flat: conda, and mamba before 2.6.
	Conda Family = iota
	// Mamba has folders by channel beside flat entries: mamba 2.6 and later
	// (package_cache_folder_relative_path in libmamba).
	Mamba
	// Rattler is the package cache of rattler and pixi: each folder has a
	// metadata file beside it (crates/rattler_cache/src/package_cache).
	Rattler
	// RattlerIndex is the folder around it, with the index caches.
	RattlerIndex
)

// String names the family as info prints it.
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

// Code is the family in a word that scripts can rely on.
func (f Family) Code() string { return strings.ReplaceAll(f.String(), " ", "_") }

// Names in caches, beside the marks in package meta.
const (
	rattlerPkgs = "pkgs"        // PACKAGE_CACHE_DIR
	repodataDir = "repodata"    // REPODATA_CACHE_DIR
	runExports  = "run-exports" // RUN_EXPORTS_CACHE_DIR
	cacheDirTag = "CACHEDIR.TAG"
	shardsDir   = "shards" // cache_shards_relative in libmamba's cache_paths.hpp
)

// detect says of which family a cache is by its marks, and which file is the
// mark, if a file is. ok is false if dir is no cache itself.
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
		return Mamba, "", true // mamba keeps shards apart from its caches
	}
	return 0, "", false
}

// hasMetadataFiles says whether dir has an extracted package with rattler's
// metadata file beside it: caches that were written before there was a
// .cache.lock.
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

// isRattlerRoot says whether dir is the folder around a package cache of
// rattler: rattler tags it, pixi does not.
func isRattlerRoot(dir *walk.Dir) bool {
	if hasRattlerTag(dir) && (isFolder(dir, rattlerPkgs) || isFolder(dir, repodataDir) || isFolder(dir, runExports)) {
		return true
	}
	return below(dir, rattlerPkgs, func(sub *walk.Dir) bool {
		f, _, ok := detect(sub)
		return ok && f == Rattler
	})
}

// hasRattlerTag says whether dir has a CACHEDIR.TAG of rattler: other programs
// tag their caches too (crates/rattler_conda_types/src/backup.rs).
func hasRattlerTag(dir *walk.Dir) bool {
	f, err := dir.OpenFile(cacheDirTag)
	if err != nil {
		return false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	return err == nil && strings.Contains(string(text), "created by rattler")
}

// isUserCache says whether dir is the folder of conda and mamba among the
// user's caches, e.g. ~/.cache/conda. conda's notices/ in it is no cache: it is how
// conda knows which notices of channels it has shown (conda/notices/cache.py).
func isUserCache(dir *walk.Dir) bool {
	return below(dir, path.Join(rattlerPkgs, indexCacheDir), func(sub *walk.Dir) bool { return isFolder(sub, shardsDir) })
}
