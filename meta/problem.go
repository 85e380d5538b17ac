package meta

import (
	"fmt"
	"slices"
)

// Problem is something that could not be read, or is not as it should be. The run continues
// without it.
type Problem struct {
	// Code is a word for the problem that scripts can rely on. Each package defines the
	// codes of the problems that it reports.
	Code string
	Path string
	Err  error // says what is wrong; contains Path
	// Hides says that environments may be unknown because of it.
	Hides bool
	// Unseen says that there may be users or environments in no list that can be found.
	// That is weaker than Hides, because no known list is unreadable.
	Unseen bool
	// User is the user concerned: one user's doubt keeps only what that user can read. nil
	// means everybody.
	User *User
	// Doubt says that entries are kept because of it.
	Doubt bool
	// Failed says that a part of the task cannot be done because of it.
	Failed bool
}

// The codes of the problems that a Discovery reports if they have no other code.
const (
	CodeUnreadableList = "unreadable_list" // it hides environments
	CodeUnseenUsers    = "unseen_users"    // nobody can find their lists
	CodeUnaskedUser    = "unasked_user"    // the process of a user did not answer
	CodeConfiguration  = "configuration"   // all others
)

// coded returns p with a code.
func (p Problem) coded() Problem {
	switch {
	case p.Code != "":
	case p.Hides:
		p.Code = CodeUnreadableList
	case p.Unseen:
		p.Code = CodeUnseenUsers
	default:
		p.Code = CodeConfiguration
	}
	return p
}

// Problems are the problems of one run, in order.
type Problems []Problem

// Doubt reports whether entries are kept because of any of them.
func (p Problems) Doubt() bool {
	return slices.ContainsFunc(p, func(x Problem) bool { return x.Doubt })
}

// Failed reports whether a part of the task cannot be done.
func (p Problems) Failed() bool {
	return slices.ContainsFunc(p, func(x Problem) bool { return x.Failed })
}

// tooMany returns the problem that a user names more folders than gclean reads; first is
// the first of the others.
func tooMany(first Value) Problem {
	return Problem{
		Path: first.Path, Err: fmt.Errorf("%s: more than %d folders are named; gclean skips this one and the rest", first.Path, maxNamed),
		Hides: true, User: first.User,
	}
}

// onceEach removes duplicates.
func onceEach(problems []Problem) []Problem {
	seen := map[string]bool{}
	return slices.DeleteFunc(problems, func(p Problem) bool {
		text := p.Path + "\x00" + p.Err.Error()
		again := seen[text]
		seen[text] = true
		return again
	})
}
