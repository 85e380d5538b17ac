//go:build unix

package removal_test

import (
	"os"
	"strings"
	"testing"
)

// TestMarkInAnotherUsersCache: root writes no mark there, because it would be in the
// owner's way.
func TestMarkInAnotherUsersCache(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	m := newMarked(t)
	must(t, os.Chown(m.c.Dir, 12345, 12345))
	if r := m.clean(nil); names(r.Removed) != "free-1.0-0" || strings.Contains(tree(t, m.c.Dir), ".gclean") {
		t.Errorf("removed %s: %s", names(r.Removed), tree(t, m.c.Dir))
	}
}
