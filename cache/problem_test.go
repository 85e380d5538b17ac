package cache_test

import (
	"errors"
	"path/filepath"
	"testing"

	"gclean/cache"
	"gclean/meta"
)

// TestBadCaches, TestDoubt and the tests of policies check the other codes of caches,
// environments and policies.
func TestCodesOfProblems(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.Add(pkg("a")))
	o := options(c, cache.TempFiles)
	o.TempPaths = []string{c.Path("urls.txt")}
	if got := codes(prepare(t, o)); got != cache.CodeNotSearched {
		t.Errorf("temp files below a file: %q", got)
	}
	o = options(c, cache.Packages)
	o.Discovery.Unread = meta.Problems{{Path: "/list", Err: errors.New("no"), Hides: true}}
	if got := codes(prepare(t, o)); got != meta.CodeUnreadableList {
		t.Errorf("a list: %q", got)
	}
}
