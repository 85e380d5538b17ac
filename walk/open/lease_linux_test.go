package open

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestHoldOffWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Regular(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	switch _, err := HoldOffWriters(r); {
	case errors.Is(err, errors.ErrUnsupported):
		t.Skip("the file system of temporary files is not a local one")
	case !errors.Is(err, ErrBeingWritten):
		t.Fatalf("open for writing: error %v", err)
	}
	w.Close()
	release, err := HoldOffWriters(r)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan error)
	go func() {
		w, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
		if err == nil {
			err = w.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Errorf("opened while writers are held off: error %v", err)
	default:
	}
	release()
	if err := <-opened; err != nil {
		t.Error(err)
	}
}
