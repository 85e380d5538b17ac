package cache

import (
	"context"
	"time"

	"gclean/meta"
	"gclean/walk"
)

// Options say what to look for, and where.
type Options struct {
	Targets      []Category
	Caches       []Candidate        // folders that may be caches, in order
	Environments []meta.Environment // all that are known: they hold packages
	// Again finds Environments and Unknown once more, for a plan that is made
	// anew; nil if they are sure to be the same. The error is told of every entry.
	Again func(context.Context) ([]meta.Environment, []Problem, error)
	// Unknown are lists of environments that exist and cannot be read: there
	// may be environments that nobody told of.
	Unknown []Problem
	// Problems are what was wrong before: they are the first of the plan's.
	Problems []Problem
	// Homes are home folders: never cleaned themselves.
	Homes []string
	// TempPaths are the folders searched for temp files.
	TempPaths []string
	// IgnoreUnreadable takes environments and lists that cannot be read for
	// empty.
	IgnoreUnreadable bool
	// Grace keeps entries that changed within it; nil is DefaultGrace while
	// another process installs packages, else 0.
	Grace *time.Duration
	// NothingRuns says that no process can be installing: the caches are those
	// of an image.
	NothingRuns bool
	// MeasureAll reads packages that are known to be held too, for their sizes.
	MeasureAll bool
	// Dists limits List and Verify to distributions, given as patterns of
	// path.Match or by the names of archives; none is all.
	Dists []string
	// KeepNeeded keeps archives whose extracted package is missing or broken, or
	// goes by the same plan.
	KeepNeeded bool
	// Policy narrows which archives and packages go.
	Policy Policy
	// UserName is the login name of a UID, "" where it has none. nil knows none.
	UserName func(uid int) string
	Jobs     int // folders read or removed at a time; 0 chooses

	// held are the lock files that the run holds itself. It is one set for all
	// plans that a run makes.
	held map[walk.ID]bool
	look bool // nothing will be removed: read-only caches are looked at too
}

// Candidate is a folder that may be a cache.
type Candidate struct {
	Path   string
	Source string // where it was learned: "--pkgs-dir", a condarc, "default"
	// Named says that the user named it for this run: that it is missing or
	// no cache is then an error, not a matter of course.
	Named bool
	// Owner is the UID that the folder must belong to, and each cache found
	// in it, compared once they are open: with another owner it is no cache.
	// A user's files named it, and what a user writes must decide nothing
	// about the folders of others. 0 means that there is nothing to check.
	Owner int
}
