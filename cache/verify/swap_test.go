package verify

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"gclean/cache/removal"
	"gclean/walk"
)

// TestSwapInTwo is for file systems without an atomic exchange. A failure between the two
// steps leaves the old package.
func TestSwapInTwo(t *testing.T) {
	for _, fault := range []error{nil, errors.New("stopped")} {
		top := t.TempDir()
		for _, name := range []string{"a-1.0-0/old", ".gclean-trash/new-1-1/new"} {
			path := filepath.Join(top, filepath.FromSlash(name))
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		dir, err := walk.Open(top)
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		x := &repairing{cache: dir, trash: removal.NewTrash(dir, nil)}
		if err := x.trash.Open(); err != nil {
			t.Fatal(err)
		}
		x.o.Before = func(string, string) error { return fault }
		st, err := dir.Lstat("a-1.0-0")
		if err != nil {
			t.Fatal(err)
		}
		id, err := x.swapInTwo(dir, "a-1.0-0", "new-1-1", st.ID)
		if old, lerr := x.trash.Dir().Lstat("new-1-1"); fault == nil && old.ID != id {
			t.Errorf("the old one is %v, not %v, %v", old.ID, id, lerr)
		}
		x.trash.Dir().Close()
		if !errors.Is(err, fault) {
			t.Errorf("got %v, want %v", err, fault)
		}
		want := []string{"a-1.0-0/new", ".gclean-trash/new-1-1/old"}
		if fault != nil {
			want = []string{"a-1.0-0/old", ".gclean-trash/new-1-1/new"}
		}
		for _, name := range want {
			if _, err := os.Lstat(filepath.Join(top, filepath.FromSlash(name))); err != nil {
				t.Errorf("fault %v: %v", fault, err)
			}
		}
	}
}
