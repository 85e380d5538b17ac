package meta

import (
	"slices"
	"strconv"
)

// User is somebody whose files may name caches and environments. Its pointer
// is the scope of what was learned from them: nil stands for the system's
// configuration and the invoking user's own, which concern everybody.
type User struct {
	Name string
	Home string
	UID  int   // -1 where nobody knows it
	GIDs []int // every group the user is in, the primary one first; nil where they are not known

	gids     []int // the primary group, then those of the group file; nil where the primary is not known
	stranger bool  // of whom nothing is known but that there may be such
	shared   bool  // others have the same home: what is in it may be theirs
}

// String is the login name of the user, or the UID.
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

// lists are the homes of the user of the process and of others.
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

// namings are the sources and users of environments that have many: they are
// looked up here, so that a folder that everybody names costs no more.
type namings struct {
	seen      map[naming]bool
	everybody [1]*User // what most environments have: no slice for each
}

func newNamings() *namings { return &namings{seen: map[naming]bool{}} }

type naming struct {
	prefix string
	source string
	user   *User
}

// manyNames is how many sources or users of one environment are compared one by
// one.
const manyNames = 16

// add adds a source of an environment. Among its users, nil is everybody.
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

// known says whether v is in list, or in seen as key once list is long.
func known[T comparable](seen map[naming]bool, list []T, v T, key naming) bool {
	if len(list) < manyNames {
		return slices.Contains(list, v)
	}
	again := seen[key]
	seen[key] = true
	return again || slices.Contains(list[:manyNames], v)
}

// scopeOf are the users of all sources of an environment; none where one
// concerns everybody.
func scopeOf(users []*User) []*User {
	if slices.Contains(users, nil) {
		return nil
	}
	return users
}

// addScope adds the users of one more name of an environment: empty is
// everybody.
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
