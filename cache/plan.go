package cache

import "gclean/walk"

// Category is what the user asks to be removed: conda's removal targets, in
// the order in which conda shows them, then micromamba's.
type Category int

// The categories.
const (
	Tarballs   Category = iota // archives and partial downloads
	IndexCache                 // the folder "cache" of repodata
	Packages                   // extracted packages
	TempFiles                  // *.c~ and *.trash below prefixes
	LogFiles                   // files in .logs
	Locks                      // lock files that nobody holds
	Trash                      // what conda, mamba or a killed gclean put aside
	PkgsDirs                   // everything in a cache (--force-pkgs-dirs)
)

// Entry is one thing that can be removed in one step.
type Entry struct {
	Category Category
	Dir      string     // path of the cache (temp files: of the prefix searched) it was found in
	Name     string     // path below Dir, e.g. "numpy-1.26.4-py311_0" or ".logs/x.log"
	Usage    walk.Usage // Disk counts what removing the entry alone frees
	Freed    int64      // bytes that df gains by this entry as part of its plan
	Stat     walk.Stat  // as seen when the plan was made
}

// Hold is one reason why an entry stays.
type Hold struct {
	Reason Reason
	Prefix string // environment concerned, if known
	Record string // path of the record that says so, if any
	File   string // one file as proof, if any
	Err    error  // for doubt: what could not be found out
}

// Kept is an entry that was asked for and stays, with why.
type Kept struct {
	Entry *Entry
	Holds []Hold // at least one
}

// Problem is a path that could not be looked at, and what follows from it.
type Problem struct {
	Path string // cache, environment, configuration file
	Err  error  // one line; says what to do
	Doubt bool  // something was kept back because of it
}

// Plan is everything that one run would remove. It is complete before
// anything is touched; a dry run is a plan that is shown and not executed.
type Plan struct {
	Targets  []Category // asked for, in order
	Caches   []string   // paths of the caches looked at, each once
	Remove   []*Entry   // by category, then cache, then name
	Kept     []Kept
	Problems []Problem
}
