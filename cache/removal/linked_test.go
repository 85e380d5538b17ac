package removal

import (
	"io/fs"
	"syscall"
	"testing"

	"gclean/walk"
)

func TestLinkedSince(t *testing.T) {
	st := func(ino, nlink uint64) walk.Stat { return walk.Stat{ID: walk.ID{Dev: 1, Ino: ino}, Nlink: nlink} }
	for _, c := range []struct {
		what     string
		measured walk.Stat
		now      walk.Stat
		err      error
		want     bool
	}{
		{"unchanged", st(2, 1), st(2, 1), nil, false},
		{"linked", st(2, 1), st(2, 2), nil, true},
		{"linked once more", st(2, 2), st(2, 3), nil, true},
		{"an environment was removed", st(2, 3), st(2, 2), nil, false},
		{"another file", st(2, 1), st(3, 1), nil, true},
		{"removed", st(2, 1), walk.Stat{}, fs.ErrNotExist, false},
		{"stale", st(2, 1), walk.Stat{}, &fs.PathError{Err: syscall.ESTALE}, true},
		{"no answer", st(2, 1), walk.Stat{}, syscall.EIO, true},
	} {
		if got := linkedSince(c.measured, c.now, c.err); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
