package meta

import (
	"slices"
	"strconv"
)

// User is a person or account whose files may name caches and environments. A *User is also
// the scope of everything learned from these files. nil stands for the system's
// configuration and the invoking user's own, which concern everybody.
type User struct {
	Name string
	Home string
	UID  int   // -1 if unknown
	GIDs []int // all groups of the user, the primary one first; nil if unknown

	gids     []int // the primary group, then those in the group file; nil if the primary group is unknown
	stranger bool  // stands for unknown users, about whom only that is known
	shared   bool  // others have the same home, so the files in it may be theirs
}

// String returns the login name of the user, or the UID.
func (u *User) String() string {
	if u.Name != "" {
		return u.Name
	}
	return strconv.Itoa(u.UID)
}

// listing is a home that may have a list of environments, and its scope.
type listing struct {
	home string
	user *User
}

// lists returns the homes of the process's user and of others.
func (h Host) lists(others []*User) []listing {
	var lists []listing
	if h.Home != "" {
		lists = append(lists, listing{h.Home, nil})
	}
	for _, u := range others {
		lists = append(lists, listing{u.Home, u})
	}
	return lists
}

// namings records which sources and users of environments have been added, for environments
// that have many. Looking them up here keeps adding fast for a folder that everybody names.
type namings struct {
	seen      map[naming]bool
	everybody [1]*User // shared by most environments, to save a slice for each
}

func newNamings() *namings { return &namings{seen: map[naming]bool{}} }

type naming struct {
	prefix string
	source string
	user   *User
}

// manyNames is how many sources or users of one environment are compared one by one.
const manyNames = 16

// add adds a source of an environment, and its user. A nil user means everybody.
func (n *namings) add(e *Environment, v Value) {
	if !known(n.seen, e.Sources, v.Source, naming{e.Prefix, v.Source, nil}) {
		e.Sources = append(e.Sources, v.Source)
	}
	switch {
	case v.User == nil && len(e.Users) == 0:
		e.Users = n.everybody[:]
	case !known(n.seen, e.Users, v.User, naming{e.Prefix, "", v.User}):
		e.Users = append(e.Users, v.User)
	}
}

// known reports whether v is in list. Once list is long, it looks up key in seen instead.
func known[T comparable](seen map[naming]bool, list []T, v T, key naming) bool {
	if len(list) < manyNames {
		return slices.Contains(list, v)
	}
	again := seen[key]
	seen[key] = true
	return again || slices.Contains(list[:manyNames], v)
}

// scopeOf returns the users of all sources of an environment; none if one source concerns
// everybody.
func scopeOf(users []*User) []*User {
	if slices.Contains(users, nil) {
		return nil
	}
	return users
}

// addScope adds the users of another name of an environment; an empty list means everybody.
func (e *Environment) addScope(more []*User) {
	if len(e.Users) == 0 || len(more) == 0 {
		e.Users = nil
		return
	}
	for _, u := range more {
		if !slices.Contains(e.Users, u) {
			e.Users = append(e.Users, u)
		}
	}
}
