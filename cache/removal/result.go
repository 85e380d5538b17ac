package removal

import (
	"errors"

	"gclean/cache"
	"gclean/meta"
)

// CodeStillOpen is the code of a problem: a process has a file open that was removed
// on NFS.
const CodeStillOpen = "still_open"

// errStillOpen is what such a problem tells.
var errStillOpen = errors.New("a process still has a file in it open, so NFS keeps the file as .nfs* in the trash; a later run removes it")

// Failure is an entry that could not be removed whole.
type Failure struct {
	Entry *cache.Entry
	Err   error // names the path
}

// Result is what became of a plan.
type Result struct {
	Removed  []*cache.Entry
	Gone     []*cache.Entry // somebody else removed them first
	Spared   []*cache.Entry // held by now: something changed after the plan was made
	Failures []Failure      // an entry is in neither list when the run was interrupted before it
	// Problems are about entries that went, or will: CodeStillOpen.
	Problems meta.Problems
	// Unmarked is why nothing is remembered of a cache. It is no failure: the next
	// run looks again.
	Unmarked error
	Err      error // the context's, when the run was interrupted
}
