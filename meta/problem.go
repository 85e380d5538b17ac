package meta

import "slices"

// Problem is something that could not be looked at, or is not as it should be.
// The run goes on without it.
type Problem struct {
	// Code says in a word what is wrong, for scripts. Each package that notices
	// problems has its own beside what it does.
	Code string
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

// The codes of the problems that a Discovery notices, where nothing more is known
// of one.
const (
	CodeUnreadableList = "unreadable_list" // it hides environments
	CodeConfiguration  = "configuration"   // anything else
)

// coded is p with a code.
func (p Problem) coded() Problem {
	switch {
	case p.Code != "":
	case p.Hides:
		p.Code = CodeUnreadableList
	default:
		p.Code = CodeConfiguration
	}
	return p
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
