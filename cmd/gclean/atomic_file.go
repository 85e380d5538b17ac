package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// atomicFile is a file that is there whole, or as it was before.
type atomicFile struct {
	*os.File
	path string
}

// createAtomic begins a file that takes the place of path when it is kept. That
// it can be made shows here, before anything is done that it is to tell of.
func createAtomic(path string) (*atomicFile, error) {
	if fi, err := os.Stat(path); err == nil && !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	// The dot hides it from who reads the folder: a node exporter takes *.prom.
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, err
	}
	return &atomicFile{f, path}, nil
}

// keep puts what write writes in the place of the path.
func (f *atomicFile) keep(write func(io.Writer) error) error {
	err := write(f)
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), f.path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

// drop leaves the path as it is.
func (f *atomicFile) drop() {
	f.Close()
	os.Remove(f.Name())
}
