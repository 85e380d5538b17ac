//go:build unix

package open

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestOpenFIFO: no function waits for a FIFO, however it is reached.
func TestOpenFIFO(t *testing.T) {
	dir := t.TempDir()
	fifo, link := filepath.Join(dir, "fifo"), filepath.Join(dir, "link")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(fifo, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, link} {
		if f, err := Regular(path); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v, %v", path, f, err)
		}
		if names, err := Names(path); !errors.Is(err, syscall.ENOTDIR) {
			t.Errorf("%s: %v, %v", path, names, err)
		}
		if _, err := IsEmpty(path); !errors.Is(err, syscall.ENOTDIR) {
			t.Errorf("%s: %v", path, err)
		}
		if f, err := checked(openNoWait(path)); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s without /proc: %v, %v", path, f, err)
		}
	}
}

// TestOpenDevice opens /dev/tty. If that really opened the device, a process without a
// terminal would get another error.
func TestOpenDevice(t *testing.T) {
	for _, path := range []string{"/dev/null", "/dev/tty"} {
		if _, err := os.Stat(path); err != nil {
			t.Skip(err)
		}
		if _, err := Regular(path); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := Names(path); !errors.Is(err, syscall.ENOTDIR) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
