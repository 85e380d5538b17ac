package cache

// Category is a kind of entry that the user can ask to remove. The first are conda's
// removal targets, in conda's order; the others are micromamba's and gclean's.
type Category int

// The categories.
const (
	Tarballs   Category = iota // archives and partial downloads
	IndexCache                 // the folder "cache" with repodata
	Packages                   // extracted packages
	TempFiles                  // *.c~ and *.trash below prefixes
	LogFiles                   // files in .logs
	Locks                      // lock files that nobody holds
	Trash                      // entries that conda, mamba or a killed gclean set aside
	PkgsDirs                   // everything in a cache (--force-pkgs-dirs)
	// Quarantined are entries that an earlier run set aside for some time: see package
	// quarantine. A user who asks for them removes them before that time is over.
	Quarantined
)

// Known reports whether c is a category.
func (c Category) Known() bool { return c >= Tarballs && c <= Quarantined }

// All returns the categories of --all: conda's five and trash. It leaves out lock files,
// because removing one that another process is about to take breaks the lock.
func All() []Category {
	return []Category{Tarballs, IndexCache, Packages, TempFiles, LogFiles, Trash}
}

// String returns the category's code.
func (c Category) String() string { return c.Code() }

// CondaNoun returns the noun in the lines of conda clean, with its plural in parentheses;
// scripts search for these lines. It returns "" for a category that conda does not have.
func (c Category) CondaNoun() string {
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
	}
	return ""
}

// Noun returns the noun for n entries, such as "tarball" for 1 and "tarballs" for 2.
func (c Category) Noun(n int) string {
	var one, many string
	switch c {
	case Tarballs:
		one, many = "tarball", "tarballs"
	case IndexCache:
		one, many = "index cache", "index caches"
	case Packages:
		one, many = "package", "packages"
	case TempFiles:
		one, many = "temp file", "temp files"
	case LogFiles:
		one, many = "log file", "log files"
	case Locks:
		one, many = "lock file", "lock files"
	case Trash:
		one, many = "trash item", "trash items"
	case PkgsDirs:
		one, many = "package cache item", "package cache items"
	case Quarantined:
		one, many = "quarantined item", "quarantined items"
	}
	if n == 1 {
		return one
	}
	return many
}

// Plural returns the name of the category in a table, such as "archives".
func (c Category) Plural() string {
	switch c {
	case Tarballs:
		return "archives"
	case Packages:
		return "extracted packages"
	case Trash:
		return "trash"
	case PkgsDirs:
		return "whole caches"
	case Quarantined:
		return "in quarantine"
	}
	return c.Noun(2)
}

// Code returns the category as a word that scripts can rely on: the key in conda's JSON if
// conda has one.
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
