package meta

import (
	"io/fs"
	"testing"
)

func TestAllows(t *testing.T) {
	const uid, group, other = 1000, 100, 200
	ann := &User{UID: uid, GIDs: []int{uid, group}}
	noGroups := &User{UID: uid}
	for _, c := range []struct {
		name string
		user *User
		node node
		want bool
	}{
		{"everybody", nil, node{0, 0, 0o700, false}, true},
		{"root", &User{UID: 0}, node{5, 5, 0, false}, true},
		{"an unknown user", &User{UID: -1}, node{5, 5, 0, false}, true},
		{"a home of several users", &User{UID: uid, GIDs: []int{uid}, shared: true}, node{5, 5, 0, false}, true},
		{"closed", ann, node{5, 5, 0o700, false}, false},
		{"open to all", ann, node{5, 5, 0o705, false}, true},
		{"the owner can open it", ann, node{uid, 5, 0, false}, true},
		{"open to the group", ann, node{5, group, 0o750, false}, true},
		{"open to another group", ann, node{5, other, 0o750, false}, false},
		{"closed to the group alone", ann, node{5, group, 0o705, false}, false},
		{"closed to the group, groups unknown", noGroups, node{5, group, 0o705, false}, true},
		{"open to some group, groups unknown", noGroups, node{5, other, 0o750, false}, true},
		{"closed, groups unknown", noGroups, node{5, other, 0o700, false}, false},
		{"an access control list", ann, node{5, 5, 0o700, true}, true},
		{"an owner without a number here", ann, node{nobody, 5, 0o700, false}, true},
		{"a group without a number here", ann, node{5, nobody, 0o700, false}, true},
	} {
		if got := c.node.allows(c.user, mayRead|mayEnter); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestReaches(t *testing.T) {
	ann := &User{UID: 1000, GIDs: []int{1000}}
	dir := func(others fs.FileMode) node { return node{perm: 0o700 | others} }
	for _, c := range []struct {
		name string
		way  []node
		want bool
	}{
		{"open all the way", []node{dir(0o5), dir(0o5), dir(0o5)}, true},
		{"names on the way need not be readable", []node{dir(0o1), dir(0o1), dir(0o5)}, true},
		{"readable is not enough on the way", []node{dir(0o5), dir(0o4), dir(0o5)}, false},
		{"closed at the end", []node{dir(0o5), dir(0o5), dir(0)}, false},
		{"only to be entered", []node{dir(0o5), dir(0o1)}, true},
		{"only to be read", []node{dir(0o5), dir(0o4)}, true},
	} {
		if got := ann.reaches(c.way); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
