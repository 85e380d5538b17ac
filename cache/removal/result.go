package removal

import (
	"errors"

	"gclean/cache"
	"gclean/meta"
)

// CodeStillOpen is the code of the problem that a process still has a removed file open on
// NFS.
const CodeStillOpen = "still_open"

// errStillOpen is the text of that problem.
var errStillOpen = errors.New("a process still has a file in it open, so NFS keeps the file as .nfs* in the trash; a later run removes it")

// Failure is an entry that could not be removed completely.
type Failure struct {
	Entry *cache.Entry
	Err   error // contains the path
}

// Result is the outcome of a plan.
type Result struct {
	Removed  []*cache.Entry
	Gone     []*cache.Entry // something else removed them first
	Spared   []*cache.Entry // held now: something changed after the plan was made
	Failures []Failure      // entries that an interrupted run did not reach are in no list
	// Problems are about entries that were removed, or will be: CodeStillOpen.
	Problems meta.Problems
	// Unmarked is why no mark could be written. It is no failure, because the next run
	// looks again.
	Unmarked error
	Err      error // the context's error if the run was interrupted
}
