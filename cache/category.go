package cache

// Category is what the user asks to be removed: conda's removal targets in
// the order in which conda shows them, then those of micromamba.
type Category int

// The categories.
const (
	Tarballs   Category = iota // archives and partial downloads
	IndexCache                 // the folder "cache" with repodata
	Packages                   // extracted packages
	TempFiles                  // *.c~ and *.trash below prefixes
	LogFiles                   // files in .logs
	Locks                      // lock files that nobody holds
	Trash                      // what conda, mamba or a killed gclean put aside
	PkgsDirs                   // all that is in a cache (--force-pkgs-dirs)
	// Quarantined is what an earlier run has put aside, for a time: see package
	// quarantine. To ask for it is to remove it before its time.
	Quarantined
)

// Known says whether c is a category.
func (c Category) Known() bool { return c >= Tarballs && c <= Quarantined }

// All is what --all stands for: conda's five, and trash. Lock files are not
// in it: to remove one that is about to be taken breaks the lock.
func All() []Category {
	return []Category{Tarballs, IndexCache, Packages, TempFiles, LogFiles, Trash}
}

// String is the noun that conda uses, e.g. "tarball(s)".
func (c Category) String() string {
	switch c {
	case Tarballs:
		return "tarball(s)"
	case IndexCache:
		return "index cache(s)"
	case Packages:
		return "package(s)"
	case TempFiles:
		return "tempfile(s)"
	case LogFiles:
		return "logfile(s)"
	case Locks:
		return "lock(s)"
	case Trash:
		return "trash item(s)"
	case PkgsDirs:
		return "package cache item(s)"
	case Quarantined:
		return "quarantined item(s)"
	}
	return "?"
}

// Plural is the noun for people, e.g. "archives".
func (c Category) Plural() string {
	switch c {
	case Tarballs:
		return "archives"
	case IndexCache:
		return "index caches"
	case Packages:
		return "extracted packages"
	case TempFiles:
		return "temp files"
	case LogFiles:
		return "log files"
	case Locks:
		return "lock files"
	case Trash:
		return "trash"
	case PkgsDirs:
		return "whole caches"
	case Quarantined:
		return "in quarantine"
	}
	return "?"
}

// Code is the category in a word that scripts can rely on: the key of conda's
// JSON where conda has one.
func (c Category) Code() string {
	switch c {
	case Tarballs:
		return "tarballs"
	case IndexCache:
		return "index_cache"
	case Packages:
		return "packages"
	case TempFiles:
		return "tempfiles"
	case LogFiles:
		return "logfiles"
	case Locks:
		return "locks"
	case Trash:
		return "trash"
	case PkgsDirs:
		return "pkgs_dirs"
	case Quarantined:
		return "quarantined"
	}
	return "?"
}
