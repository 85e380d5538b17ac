package cache

// Failure is an entry that could not be removed whole.
type Failure struct {
	Entry *Entry
	Err   error // names the path
}

// Result is what became of a plan.
type Result struct {
	Removed  []*Entry
	Gone     []*Entry  // somebody else removed them first
	Spared   []*Entry  // held by now: something changed after the plan was made
	Failures []Failure // an entry is in neither list when the run was interrupted before it
	Err      error     // the context's, when the run was interrupted
}
