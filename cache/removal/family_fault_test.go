package removal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"gclean/cache"
	"gclean/cache/removal"
)

// TestFaultsInEveryFamily makes each change of the file system fail in turn. Each package
// must be whole or removed, and a second run must finish.
func TestFaultsInEveryFamily(t *testing.T) {
	fault := errors.New("no space left on device")
	for _, family := range []string{"mamba", "rattler", "rattler origin"} {
		for step := 1; ; step += stride() {
			top := t.TempDir()
			c := homes(t, top)[family]
			a, b := pkg("a"), pkg("b")
			must(t, c.Add(a), c.Add(b))
			o := at(c.Dir, cache.All()...)
			n := 0
			p := prepare(t, o)
			r := removal.Execute(context.Background(), p, removal.Options{Jobs: 1, Before: func(string, string) error {
				if n++; n == step {
					return fault
				}
				return nil
			}})
			if n < step {
				break
			}
			if got := len(r.Removed) + len(r.Failures); got != len(p.Remove) {
				t.Errorf("%s, step %d: %d of %d are told of", family, step, got, len(p.Remove))
			}
			for _, dir := range []string{c.Extracted(a), c.Extracted(b)} {
				_, err := os.Lstat(dir)
				_, info := os.Lstat(filepath.Join(dir, "info", "index.json"))
				if err == nil && info != nil {
					t.Errorf("%s, step %d: %s is half there", family, step, dir)
				}
			}
			for range 2 { // the first may only remove the folder of the second
				if r := removal.Execute(context.Background(), prepare(t, o), removal.Options{}); len(r.Failures) > 0 {
					t.Errorf("%s, step %d: %+v", family, step, r.Failures)
				}
			}
			if left := prepare(t, o); len(left.Remove) > 0 {
				t.Errorf("%s, step %d: left %s", family, step, names(left.Remove))
			}
			for _, dir := range []string{c.Extracted(a), c.Extracted(b)} {
				for _, path := range []string{dir, dir + ".lock"} {
					if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
						t.Errorf("%s, step %d: %s is still there", family, step, path)
					}
				}
			}
			if family == "mamba" {
				if _, err := os.Lstat(filepath.Join(c.Dir, "https")); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("step %d: left %s", step, tree(t, c.Dir))
				}
			}
		}
	}
}
