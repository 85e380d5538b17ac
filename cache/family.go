package cache

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"
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
	// Notices is the folder of channel notices that conda has seen
	// (conda/notices/cache.py).
	Notices
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
	case Notices:
		return "notices"
	}
	return "?"
}

// Names in caches, beside the marks in package meta.
const (
	rattlerPkgs  = "pkgs"        // PACKAGE_CACHE_DIR
	repodataDir  = "repodata"    // REPODATA_CACHE_DIR
	runExports   = "run-exports" // RUN_EXPORTS_CACHE_DIR
	cacheDirTag  = "CACHEDIR.TAG"
	shardsDir    = "shards"        // cache_shards_relative in libmamba's cache_paths.hpp
	noticesDir   = "notices"       // NOTICES_CACHE_SUBDIR
	noticesCache = "notices.cache" // NOTICES_CACHE_FN
)

// isFile and isFolder say what name is in dir; a symlink is neither.
func isFile(dir *walk.Dir, name string) bool {
	st, err := dir.Lstat(name)
	return err == nil && st.Mode.IsRegular()
}

func isFolder(dir *walk.Dir, name string) bool {
	st, err := dir.Lstat(name)
	return err == nil && st.Mode.IsDir()
}

// below says whether test holds for the folder at rel below dir.
func below(dir *walk.Dir, rel string, test func(*walk.Dir) bool) bool {
	sub, err := dir.OpenBelow(rel)
	if errors.Is(err, walk.ErrMountPoint) {
		// A volume for a cache, as container builds mount them.
		sub, err = openReal(dir, rel)
	}
	if err != nil {
		return false
	}
	defer sub.Close()
	return test(sub)
}

// openReal opens the folder name in dir, also if something is mounted there,
// never through a symlink: who owns dir decides what is cleaned there, not what
// is cleaned elsewhere.
func openReal(dir *walk.Dir, name string) (*walk.Dir, error) {
	st, err := dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir.Path(), name)
	if !st.Mode.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotFolder}
	}
	sub, err := walk.Open(path)
	if err == nil && sub.ID() != st.ID {
		sub.Close()
		return nil, &fs.PathError{Op: "open", Path: path, Err: walk.ErrChanged}
	}
	return sub, err
}

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
	case isFile(dir, noticesCache):
		return Notices, noticesCache, true
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
// user's caches, e.g. ~/.cache/conda.
func isUserCache(dir *walk.Dir) bool {
	return below(dir, noticesDir, func(sub *walk.Dir) bool { return isFile(sub, noticesCache) }) ||
		below(dir, path.Join(rattlerPkgs, indexCacheDir), func(sub *walk.Dir) bool { return isFolder(sub, shardsDir) })
}
