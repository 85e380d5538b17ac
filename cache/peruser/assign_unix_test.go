//go:build unix

package peruser

import (
	"fmt"
	"strings"
	"testing"

	"gclean/cache"
	"gclean/meta"
	"gclean/walk"
)

func TestWhoCleans(t *testing.T) {
	ann, bob := &meta.User{Name: "ann", UID: 1001}, &meta.User{Name: "bob", UID: 1002}
	id := walk.ID{Dev: 1, Ino: 2}
	by := func(u *meta.User, owner int, writes bool, source string) meta.Value {
		return meta.Value{Path: "/c", ID: id, User: u, Owner: owner, Writable: writes, Source: source}
	}
	for _, c := range []struct {
		name  string
		named []meta.Value
		own   []cache.Location
		want  string // who cleans, then the problems
	}{
		{"the owner", []meta.Value{by(ann, 1001, true, "default")}, nil, "ann"},
		{"the owner, named second", []meta.Value{by(ann, 1002, true, "/home/ann/.condarc"), by(bob, 1002, true, "default")}, nil, "bob"},
		{"the first who may write", []meta.Value{by(bob, 7, true, "x"), by(ann, 7, true, "x")}, nil, "ann"},
		{"only one may write", []meta.Value{by(ann, 7, false, "x"), by(bob, 7, true, "x")}, nil, "bob"},
		{"nobody may write", []meta.Value{by(ann, 7, false, "/home/ann/.condarc")}, nil, " not_named_by_root"},
		{"root's, by a user's file", []meta.Value{by(ann, 0, true, "/home/ann/.condarc"), by(bob, 0, true, "default")}, nil, " not_named_by_root"},
		{"root's, by default", []meta.Value{by(ann, 0, true, "default")}, nil, ""},
		{"root's, by the system", []meta.Value{by(ann, 0, true, "/etc/conda/condarc")}, nil, ""},
		{"root names it too", []meta.Value{by(ann, 1001, true, "default")}, []cache.Location{{ID: id}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, problems := assign(c.named, c.own)
			var got []string
			for _, a := range list {
				got = append(got, fmt.Sprint(a.user))
			}
			text := strings.Join(got, " ")
			for _, p := range problems {
				text += " " + p.Code
			}
			if text != c.want {
				t.Errorf("cleaned by %q, want %q", text, c.want)
			}
		})
	}
}
