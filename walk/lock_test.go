package walk

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"gclean/internal/fixture"
)

// TestLockOfLostName removes or replaces the file after it was opened, but before it is
// locked: such a lock keeps nobody out.
func TestLockOfLostName(t *testing.T) {
	for _, replaced := range []bool{false, true} {
		if !replaced && fixture.Wine() {
			continue // on Windows a removed file keeps its name while it is open
		}
		top := t.TempDir()
		path := filepath.Join(top, "pkgs.lock")
		d, err := Open(top)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		f, created, err := d.sys.openOrCreate("pkgs.lock", true)
		if err != nil || !created {
			t.Fatal(created, err)
		}
		if replaced {
			err = errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, nil, 0o644))
		} else {
			err = os.Remove(path)
		}
		if err != nil {
			t.Fatal(err)
		}
		if l, err := d.lockOpen(f, "pkgs.lock", Flock, created); !errors.Is(err, ErrLocked) {
			t.Errorf("replaced %v: %v", replaced, err)
			if l != nil {
				l.Unlock()
			}
		}
		if _, err := os.Lstat(path); replaced && err != nil {
			t.Errorf("the file of another is gone: %v", err)
		}
	}
}
