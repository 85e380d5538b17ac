package meta

import (
	"fmt"
	"slices"
)

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
	// Unseen says that there are or may be users or environments that are in no
	// list that can be found. It is less than Hides: nothing that is known could
	// not be read.
	Unseen bool
	// User is whom it concerns: a doubt of one user keeps only what that user
	// can read. nil is everybody.
	User *User
	// Doubt says that entries are kept because of it.
	Doubt bool
	// Failed says that part of what was asked for cannot be done because of it.
	Failed bool
}

// The codes of the problems that a Discovery notices, where nothing more is known
// of one.
const (
	CodeUnreadableList = "unreadable_list" // it hides environments
	CodeUnseenUsers    = "unseen_users"    // nobody can find their lists
	CodeUnaskedUser    = "unasked_user"    // the process of a user did not answer
	CodeConfiguration  = "configuration"   // anything else
)

// coded is p with a code.
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

// tooMany says that a user names more folders than are looked at.
func tooMany(first Value) Problem {
	return Problem{
		Path: first.Path, Err: fmt.Errorf("%s: more than %d folders are named; gclean skips this one and the rest", first.Path, maxNamed),
		Hides: true, User: first.User,
	}
}

// onceEach leaves out what is told twice.
func onceEach(problems []Problem) []Problem {
	seen := map[string]bool{}
	return slices.DeleteFunc(problems, func(p Problem) bool {
		text := p.Path + "\x00" + p.Err.Error()
		again := seen[text]
		seen[text] = true
		return again
	})
}
