package walk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"gclean/internal/fixture"
	"gclean/walk"
)

func TestDescribeFollowsSymlinks(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	st, err := walk.Describe(file)
	if err != nil || st.Size != 5 || !st.Mode.IsRegular() || st.Nlink != 1 || st.Ctime == 0 {
		t.Fatal(st, err)
	}
	if id, err := walk.Identify(file); err != nil || id != st.ID {
		t.Error(id, err)
	}
	if _, err := walk.Describe(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := fixture.CanSymlink(); err != nil {
		t.Skip(err)
	}
	link := filepath.Join(dir, "link")
	if err := fixture.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	if through, err := walk.Describe(link); err != nil || through != st {
		t.Error(through, err)
	}
}
