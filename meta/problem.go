package meta

import "slices"

// Problem is something that could not be looked at, or is not as it should be.
// The run goes on without it.
type Problem struct {
	Path string
	Err  error // says what is wrong; names Path
	// Hides says that there may be environments that are not known because of
	// it.
	Hides bool
	// Doubt says that entries are kept because of it.
	Doubt bool
	// Failed says that part of what was asked for cannot be done because of it.
	Failed bool
}

// Problems are what one run noticed, in order.
type Problems []Problem

// Doubt says whether entries are kept because of any of them.
func (p Problems) Doubt() bool {
	return slices.ContainsFunc(p, func(x Problem) bool { return x.Doubt })
}

// Failed says whether part of what was asked for cannot be done.
func (p Problems) Failed() bool {
	return slices.ContainsFunc(p, func(x Problem) bool { return x.Failed })
}
