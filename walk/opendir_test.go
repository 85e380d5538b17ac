package walk_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"gclean/internal/fixture"
	"gclean/walk"
)

func TestOpenFileBelow(t *testing.T) {
	top := t.TempDir()
	for _, name := range []string{"file", "dir/sub/file", "outside/file"} {
		path := filepath.Join(top, "in", filepath.FromSlash(name))
		if name == "outside/file" {
			path = filepath.Join(top, name)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if fixture.CanSymlink() == nil {
		for link, target := range map[string]string{"link": "file", "dirlink": "dir", "out": "../outside"} {
			if err := fixture.Symlink(target, filepath.Join(top, "in", link)); err != nil {
				t.Fatal(err)
			}
		}
	}
	d, err := walk.Open(filepath.Join(top, "in"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, rel := range []string{"file", "dir/sub/file"} {
		f, err := d.OpenFileBelow(rel)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(f)
		f.Close()
		if string(text) != rel || err != nil || f.Name() != filepath.Join(top, "in", filepath.FromSlash(rel)) {
			t.Errorf("%s: %q %q %v", rel, f.Name(), text, err)
		}
	}
	// None of these is a regular file that is reached without a symlink.
	for _, rel := range []string{
		"", ".", "none", "none/file", "file/below", "dir", "dir/sub", "dir/sub/file/", "/dir/sub/file",
		"dir/../file", "../outside/file", "link", "dirlink/sub/file", "out/file",
	} {
		f, err := d.OpenFileBelow(rel)
		if err == nil {
			f.Close()
			t.Errorf("%q was opened", rel)
		}
	}
	if _, err := d.OpenFileBelow("dir/none"); !walk.IsGone(err) {
		t.Error(err)
	}
}
