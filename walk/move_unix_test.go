//go:build unix

package walk

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestMovePutsBack: a file that took the place of a folder between the check and the rename
// belongs to somebody else, and must stay where it was.
func TestMovePutsBack(t *testing.T) {
	for name, kind := range map[string]func(path string) error{
		"a folder":  func(path string) error { return os.MkdirAll(filepath.Join(path, "theirs"), 0o755) },
		"a file":    func(path string) error { return os.WriteFile(path, []byte("theirs"), 0o644) },
		"a symlink": func(path string) error { return os.Symlink("theirs", path) },
	} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			path := filepath.Join(top, "pkgs", "p")
			if err := errors.Join(os.MkdirAll(path, 0o755), os.Mkdir(filepath.Join(top, "trash"), 0o755)); err != nil {
				t.Fatal(err)
			}
			dir, err := Open(filepath.Join(top, "pkgs"))
			if err != nil {
				t.Fatal(err)
			}
			defer dir.Close()
			trash, err := Open(filepath.Join(top, "trash"))
			if err != nil {
				t.Fatal(err)
			}
			defer trash.Close()
			st, err := dir.Lstat("p")
			if err != nil {
				t.Fatal(err)
			}
			// Keep the folder, so that its inode number is not reused for the other file.
			if err := errors.Join(os.Rename(path, filepath.Join(top, "was")), kind(path)); err != nil {
				t.Fatal(err)
			}
			theirs, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := dir.Move("p", st.ID, trash, "1"); !errors.Is(err, ErrChanged) {
				t.Errorf("%v, want ErrChanged", err)
			}
			if is, err := os.Lstat(path); err != nil || !os.SameFile(theirs, is) {
				t.Errorf("it is not where it was: %v", err)
			}
			if left, err := os.ReadDir(trash.Path()); err != nil || len(left) > 0 {
				t.Errorf("in the trash: %v %v", left, err)
			}
		})
	}
}
