package removal

import "gclean/cache"

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
	// Unmarked is why nothing is remembered of a cache. It is no failure: the next
	// run looks again.
	Unmarked error
	Err      error // the context's, when the run was interrupted
}
