package slim

// Failure is something that could not be removed.
type Failure struct {
	Path string // below the prefix; of a folder that was left empty, too
	Err  error  // names the path
}

// Result is what became of a plan.
type Result struct {
	Removed  []*Item
	Folders  int     // folders that were empty then, and went
	Gone     []*Item // somebody else removed them first
	Changed  []*Item // not what they were when the plan was made: left alone
	Failures []Failure
	Err      error // the context's, when the run was interrupted: the rest is left
}
