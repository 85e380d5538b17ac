//go:build unix

package cache_test

import (
	"os"
	"path/filepath"
	"testing"

	"gclean/cache"
)

// Users that need no entry in the passwd file.
const user, other = 1234, 4321

func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root cleans for others")
	}
	top := t.TempDir()
	mine, theirs := newCache(t, filepath.Join(top, "mine")), newCache(t, filepath.Join(top, "theirs"))
	root := newRattlerCache(t, filepath.Join(top, "root"))
	must(t, mine.Add(pkg("a")), theirs.Add(pkg("b")), root.Add(pkg("c")),
		os.Chown(mine.Dir, user, user), os.Chown(theirs.Dir, other, other), os.Chown(filepath.Join(top, "root"), user, user),
		os.Chown(root.Pkgs(), other, other), os.Symlink(theirs.Dir, filepath.Join(top, "link")))
	for _, c := range []struct{ name, want string }{
		{"mine", "a-1.0-0"},
		{"theirs", ""},
		{"link", ""},
		{"root", ""}, // the folder is the user's, but the cache in it is another user's
	} {
		o := at(filepath.Join(top, c.name), cache.Packages)
		o.Discovery.Caches[0].Owner = user
		p := prepare(t, o)
		if got := names(p.Remove); got != c.want {
			t.Errorf("%s: goes %q, want %q", c.name, got, c.want)
		}
		if c.want == "" && len(p.Problems) == 0 {
			t.Errorf("%s: nothing is said of it", c.name)
		}
	}
}
