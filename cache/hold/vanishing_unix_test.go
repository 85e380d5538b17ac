//go:build unix

package hold

import (
	"os"
	"path/filepath"
	"testing"
)

// A symlink that disappears between two looks, as when an environment is being removed, is
// gone and not a doubt.
func TestSymlinkThatVanishes(t *testing.T) {
	prefix, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(prefix, "x")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_ = os.Symlink("nowhere/y", link)
				_ = os.Remove(link)
			}
		}
	}()
	d := newDiskEvidence()
	outside := func(string) (bool, error) { return false, nil }
	for range 6_000 {
		found, err := d.fileInto(prefix, "x", map[string]string{}, outside)
		if found != "" || err != nil {
			t.Errorf("%q, %v", found, err)
			break
		}
	}
	close(stop)
	<-stopped
}
