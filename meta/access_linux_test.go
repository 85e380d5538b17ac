package meta

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCanRead(t *testing.T) {
	if os.Geteuid() == nobody {
		t.Skip("what nobody owns may be anybody's")
	}
	top := t.TempDir()
	for _, name := range []string{"open/pkgs", "closed/pkgs"} {
		if err := os.MkdirAll(filepath.Join(top, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	must(t, os.Chmod(filepath.Join(top, "closed"), 0o700), os.Symlink("closed/pkgs", filepath.Join(top, "link")))
	stranger := &User{UID: os.Geteuid() + 12345, GIDs: []int{os.Getegid() + 12345}}
	if !stranger.CanRead(filepath.Dir(filepath.Dir(top))) {
		t.Skip("the folder of temporary files is closed itself, or it has an access control list")
	}
	for dir := top; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		must(t, os.Chmod(dir, 0o755))
	}
	for _, c := range []struct {
		user *User
		path string
		want bool
	}{
		{stranger, "open/pkgs", true},
		{stranger, "closed/pkgs", false},
		{stranger, "link", false},
		{stranger, "missing", true},
		{nil, "closed/pkgs", true},
		{&User{UID: -1}, "closed/pkgs", true},
		{&User{UID: 0}, "closed/pkgs", true},
		{&User{UID: os.Geteuid()}, "closed/pkgs", true},
	} {
		if got := c.user.CanRead(filepath.Join(top, c.path)); got != c.want {
			t.Errorf("%+v, %s: %v, want %v", c.user, c.path, got, c.want)
		}
	}
}
