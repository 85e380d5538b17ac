package slim

import (
	"errors"
	"path/filepath"
	"slices"

	"gclean/meta"
	"gclean/walk"
)

// Errors that callers tell apart. Each is wrong usage.
var (
	// ErrNoEnvironment says that a folder is no environment.
	ErrNoEnvironment = errors.New("it is not an environment")
	// ErrRefused says that a folder is never slimmed, whatever is in it.
	ErrRefused = errors.New("refused")
)

// Item is a file or symlink that goes, or whose text goes.
type Item struct {
	Kind Kind
	Path string    // below the prefix, with slashes
	Stat walk.Stat // as it was when the plan was made
	// Record is the record that lists it, without its ending: numpy-1.26.4-py311_0; ""
	// if none does.
	Record string
	// Freed is what df gains, in bytes: the disk blocks of an inode all of whose
	// links go with the plan, with the first of them.
	Freed int64
	// Shared is the disk space of an inode that has other links, in a package cache or
	// another environment, and what it shares with other files by reflinks: it is
	// freed when those go too.
	Shared int64
	// Hidden is the disk space of what is in an earlier layer of a container image:
	// it is hidden, not freed.
	Hidden int64
}

// Reason says why something of a kind that was asked for stays.
type Reason int

// The reasons. Those from Unscanned on are doubts.
const (
	Imported      Reason = iota // a test folder that a module imports from or names
	NeededToBuild               // a static library that a compiler links by itself
	HasCompiler                 // headers, sources and sanitizers, in an environment with a compiler
	Compiles                    // headers that a package may compile against while it runs
	Licence                     // a licence, which has to stay with the rest
	PythonReads                 // a header that Python itself reads
	NoSource                    // bytecode that Python could not make again
	Unrecorded                  // no record lists it
	NamedBy                     // a program or library names it
	NotAFile                    // a history that is no regular file
	Unscanned                   // a test folder that an unreadable module may import from
)

// Doubt says that it might go, but that is not known.
func (r Reason) Doubt() bool { return r >= Unscanned }

// Code is the reason in a word that scripts can rely on.
func (r Reason) Code() string {
	switch r {
	case Imported:
		return "imported"
	case NeededToBuild:
		return "needed_to_build"
	case HasCompiler:
		return "has_compiler"
	case Compiles:
		return "compiles_at_run_time"
	case Licence:
		return "licence"
	case PythonReads:
		return "read_by_python"
	case NoSource:
		return "no_source"
	case Unrecorded:
		return "unrecorded"
	case NamedBy:
		return "named"
	case NotAFile:
		return "not_a_file"
	case Unscanned:
		return "unreadable_module"
	}
	return "unknown"
}

// String is the reason in words.
func (r Reason) String() string {
	switch r {
	case Imported:
		return "imported"
	case NeededToBuild:
		return "needed to build"
	case HasCompiler:
		return "there is a compiler"
	case Compiles:
		return "compiled against while programs run"
	case Licence:
		return "a licence"
	case PythonReads:
		return "Python reads it"
	case NoSource:
		return "bytecode without its source beside it"
	case Unrecorded:
		return "in no record"
	case NamedBy:
		return "a program or library needs it"
	case NotAFile:
		return "not a regular file"
	case Unscanned:
		return "in doubt: a module cannot be read"
	}
	return "?"
}

// Kept is what stays of a kind that was asked for.
type Kept struct {
	Kind   Kind
	Path   string // below the prefix: a file, or the folder of all of Files
	Reason Reason
	// By is the file that imports it, the compiler, or the name of a tool that
	// needs it; "" if there is none.
	By    string
	Err   error // of a doubt: what stood in the way
	Files int
	Size  int64 // bytes: the sum of file sizes
}

// Figures are the sizes of items of one plan, in bytes.
type Figures struct {
	Files    int
	Apparent int64 // the sum of file sizes
	Freed    int64 // what df gains
	Shared   int64 // what has other links, and is freed when they go too
	Hidden   int64 // what is in an earlier layer of an image, and is not freed
}

// add counts one item.
func (f *Figures) add(it *Item) {
	f.Files++
	f.Apparent += it.Stat.Size
	f.Freed += it.Freed
	f.Shared += it.Shared
	f.Hidden += it.Hidden
}

// Sum adds up items.
func Sum(items []*Item) Figures {
	var f Figures
	for _, it := range items {
		f.add(it)
	}
	return f
}

// KindFigures are the sizes of what goes of one kind.
type KindFigures struct {
	Kind Kind
	Figures
}

// Plan is everything that one run removes. It is complete before anything is
// touched; a dry run is a plan that is shown and not carried out.
type Plan struct {
	Prefix string  // as it was named
	ID     walk.ID // of the prefix
	Kinds  []Kind  // what was asked for, in order
	// Records are the names of the environment's records, without their endings.
	Records []string
	// ByKind has a row for each kind asked for. Where none was, it has all of
	// them, each as if it were asked for alone.
	ByKind []KindFigures
	Items  []*Item  // sorted by path
	Kept   []Kept   // by kind and path
	Others []string // places in the prefix that are not of the environment: its paths, sorted
	// Problems are what could not be looked at.
	Problems meta.Problems
}

// Full is the path of a name below the prefix.
func (p *Plan) Full(name string) string { return filepath.Join(p.Prefix, filepath.FromSlash(name)) }

// Doubt says whether anything was kept back because of what is not known.
func (p *Plan) Doubt() bool {
	return p.Problems.Doubt() ||
		slices.ContainsFunc(p.Kept, func(k Kept) bool { return k.Reason.Doubt() })
}

// KeptBack says the same: nothing else is kept that may go in a later run.
func (p *Plan) KeptBack() bool { return p.Doubt() }

// Failed says whether part of what was asked for cannot be done.
func (p *Plan) Failed() bool { return p.Problems.Failed() }
