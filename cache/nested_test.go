package cache

import (
	"io/fs"
	"testing"
)

func TestFailureInNestedFolder(t *testing.T) {
	s := &nestedSearch{entries: []*candidate{{}, {}}}
	s.Fail(7, 1, "/pkgs/b/closed", fs.ErrPermission) // worker 7 reads the second folder
	if s.entries[0].unclear != nil || s.entries[1].unclear != fs.ErrPermission {
		t.Errorf("unclear: %v, %v; only the second folder could not be read", s.entries[0].unclear, s.entries[1].unclear)
	}
}
