//go:build unix

package walk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestNewFileIsReadable writes a file under the umask of a careful user.
func TestNewFileIsReadable(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	d, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.WriteNew("note", []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteNew("note", []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the error is %v, want that the file exists", err)
	}
	path := filepath.Join(d.Path(), "note")
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || fi.Mode() != 0o644 || string(text) != "first" {
		t.Errorf("%v, %q, %v; want -rw-r--r--, \"first\"", fi.Mode(), text, err)
	}
}
