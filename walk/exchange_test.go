package walk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"gclean/internal/fixture"
	"gclean/walk"
)

func TestExchange(t *testing.T) {
	top := t.TempDir()
	for _, name := range []string{"a/one", "b/c/two"} {
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
	sub, err := dir.OpenDir("b")
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	switch err := dir.Exchange("a", sub, "c"); {
	case errors.Is(err, walk.ErrNoExchange):
		t.Skip(walk.ErrNoExchange)
	case err != nil:
		t.Fatal(err)
	}
	for _, name := range []string{"a/two", "b/c/one"} {
		if _, err := os.Lstat(filepath.Join(top, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	if err := dir.Exchange("a", sub, "absent"); err == nil {
		t.Error("nothing to swap with is no error")
	}
}

func TestRootIsNotBehindASymlink(t *testing.T) {
	fixture.NeedSymlinks(t)
	top := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(top, "a"), 0o755), os.Symlink("a", filepath.Join(top, "link"))); err != nil {
		t.Fatal(err)
	}
	dir, err := walk.Open(top)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	root, err := dir.Root("a")
	if err != nil {
		t.Fatal(err)
	}
	root.Close()
	if root, err := dir.Root("link"); err == nil {
		root.Close()
		t.Error("the symlink was followed")
	}
}
