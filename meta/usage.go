package meta

import (
	"errors"
	"fmt"
)

// ErrUsage means that the user asked for something impossible (exit code 2). All errors in
// this file are ErrUsage.
var ErrUsage = errors.New("wrong usage")

// usage is an error of wrong usage with only its own text.
type usage struct{ error }

func (u usage) Is(target error) bool { return target == ErrUsage }

// Reasons why gclean cannot clean the caches of all users.
var (
	ErrOnlyRoot    error = usage{errors.New("only root can look at the caches of all users")}
	ErrCachesNamed error = usage{errors.New("cannot name caches and ask for those of all users")}
)

// HomeError says that gclean cannot clean the caches of all users because root's home
// belongs to somebody else. sudo may leave HOME unchanged.
type HomeError struct{ Home string }

func (e *HomeError) Error() string { return fmt.Sprintf("the home %s is not root's", e.Home) }

// Is makes errors.Is report an ErrUsage.
func (e *HomeError) Is(target error) bool { return target == ErrUsage }

// What can be wrong with a path that was named.
var (
	ErrNoFolder      = errors.New("there is no such folder")
	ErrNoEnvironment = errors.New("it is not an environment (it has no conda-meta)")
	ErrLoop          = errors.New("the symlinks form a loop")
	ErrIsThere       = errors.New("it exists, and can be read")
)

// NamedError says that a path that the user named in Options cannot be used.
type NamedError struct {
	Source string // as in the Value that names it
	Path   string
	Err    error // ErrNoFolder, ErrNoEnvironment, ErrLoop or ErrIsThere
}

func (e *NamedError) Error() string { return fmt.Sprintf("%s %s: %v", e.Source, e.Path, e.Err) }

// Is makes errors.Is report an ErrUsage.
func (e *NamedError) Is(target error) bool { return target == ErrUsage }

// Unwrap returns what is wrong.
func (e *NamedError) Unwrap() error { return e.Err }
