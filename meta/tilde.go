package meta

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// homesByName returns a function that returns the home of a user by name, or "". complete
// reports that all users are known. The users are read once, when a name is first looked
// up.
func (h Host) homesByName(ctx context.Context) func(name string) (home string, complete bool) {
	type answer struct {
		homes    map[string]string
		complete bool
	}
	ask := sync.OnceValue(func() answer {
		users, problems := h.accounts(ctx)
		a := answer{map[string]string{}, len(problems) == 0}
		for _, u := range users {
			if _, ok := a.homes[u.Name]; !ok {
				a.homes[u.Name] = u.Home
			}
		}
		return a
	})
	return func(name string) (string, bool) {
		a := ask()
		return a.homes[name], a.complete
	}
}

// expandUser replaces a leading "~" or "~name" by a home (os.path.expanduser). It leaves an
// unknown name as it is.
func (h Host) expandUser(path string) string {
	if path == "" || path[0] != '~' {
		return path
	}
	name, rest := cutName(path[1:])
	home := h.Home
	if name != "" {
		home, _ = h.homeOf(name)
	}
	if home == "" {
		return path
	}
	return filepath.Join(home, rest)
}

// cutName cuts the name of a user off a path.
func cutName(path string) (name, rest string) {
	for i := range len(path) {
		if os.IsPathSeparator(path[i]) {
			return path[:i], path[i+1:]
		}
	}
	return path, ""
}

// homeOf returns the home of a user; see homesByName.
func (h Host) homeOf(name string) (home string, complete bool) {
	if h.byName == nil {
		return "", true
	}
	return h.byName(name)
}

// strangers returns the problems of paths that begin with "~name", if a user of that name
// may exist, but is unknown here. conda knows that user's home.
func (h Host) strangers(list []Value) []Problem {
	var problems []Problem
	for _, v := range list {
		path := h.expandUser(h.expandVars(v.Path, nil))
		if !strings.HasPrefix(path, "~") {
			continue
		}
		name, _ := cutName(path[1:])
		if _, complete := h.homeOf(name); name != "" && !complete {
			problems = append(problems, Problem{
				Path: v.Source, Err: fmt.Errorf("%s: %s: the home of %q is unknown, and so are environments there", v.Source, v.Path, name),
				Hides: true, User: h.user,
			})
		}
	}
	return problems
}
