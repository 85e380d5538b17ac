package open

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestReadRegular(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	data, fi, err := ReadRegular(path, 4096)
	if err != nil || len(data) != 4096 || fi.Size() != 4096 {
		t.Errorf("%d bytes, %v, %v", len(data), fi, err)
	}
	if _, _, err := ReadRegular(path, 4095); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "larger than 3 KiB") {
		t.Errorf("too large: error %v", err)
	}
	if _, _, err := ReadRegular(dir, 1); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a folder: error %v", err)
	}
	if _, _, err := ReadRegular(filepath.Join(dir, "missing"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: error %v", err)
	}
}

func TestReadNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.json", ".a", "\u00e9"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names, err := Names(dir)
	slices.Sort(names)
	if err != nil || strings.Join(names, " ") != ".a b.json \u00e9" {
		t.Errorf("%q, %v", names, err)
	}
	if empty, err := IsEmpty(dir); empty || err != nil {
		t.Errorf("empty %v, error %v", empty, err)
	}
	sub := filepath.Join(dir, "sub")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	if empty, err := IsEmpty(sub); !empty || err != nil {
		t.Errorf("empty %v, error %v", empty, err)
	}
	missing := filepath.Join(dir, "missing")
	_, err = Names(missing)
	var pe *fs.PathError
	if !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &pe) || pe.Path != missing {
		t.Errorf("missing: error %v", err)
	}
	if _, err := IsEmpty(filepath.Join(dir, "b.json")); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("a file: error %v", err)
	}
}

func TestReadNamesOfNonFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Names(path); !errors.Is(err, syscall.ENOTDIR) {
		t.Skipf("this system says %v", err)
	}
}
