package meta

import "slices"

// User is somebody whose files may name caches and environments. Its pointer
// is the scope of what was learned from them: nil stands for the system's
// configuration and the invoking user's own, which concern everybody.
type User struct {
	Name string
	Home string
	UID  int   // -1 where nobody knows it
	GIDs []int // every group the user is in, the primary one first; nil where they are not known

	stranger bool // of whom nothing is known but that there may be such
	shared   bool // others have the same home: what is in it may be theirs
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
