package meta

import (
	"fmt"
	"testing"
)

// TestNamings: each source and user counts once, whether few or many.
func TestNamings(t *testing.T) {
	for _, n := range []int{1, manyNames - 1, manyNames, 3 * manyNames} {
		e := &Environment{Prefix: "/e"}
		all := newNamings()
		users := make([]User, n)
		for range 3 {
			for i := range users {
				all.add(e, Value{Source: fmt.Sprint(i), User: &users[i]})
			}
		}
		if len(e.Sources) != n || len(e.Users) != n || len(scopeOf(e.Users)) != n {
			t.Errorf("%d: %d sources, %d users", n, len(e.Sources), len(e.Users))
		}
		all.add(e, Value{Source: "system"})
		if scopeOf(e.Users) != nil {
			t.Errorf("%d: what everybody uses has %d users", n, len(e.Users))
		}
	}
}
