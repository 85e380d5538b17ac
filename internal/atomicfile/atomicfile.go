// Package atomicfile writes files that are complete, or as they were before, whatever
// happens in between.
//
//	f, err := atomicfile.Create("/var/lib/node_exporter/gclean.prom")
//	...
//	err = f.Keep(func(w io.Writer) error { return write(w) })
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"gclean/internal/visible"
	"gclean/walk"
)

// File is a file that becomes complete or stays as it was. It is addressed by the handle
// of its folder, because the root may change before it is kept.
type File struct {
	*os.File
	dir             *os.Root
	path, name, tmp string
	data            bool // no other program reads it
}

// Create begins a file that replaces path when it is kept. It fails early if the file
// cannot be written, before the work that the file reports.
func Create(path string) (*File, error) {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	f, err := begin(dir, filepath.Base(path), path)
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return f, nil
}

// CreateIn is Create for a file in an open folder, for data that the program reads again:
// Keep writes it unchanged. The caller still owns the folder.
func CreateIn(dir *os.Root, name string) (*File, error) {
	own, err := dir.OpenRoot(".")
	if err != nil {
		return nil, err
	}
	f, err := begin(own, name, filepath.Join(dir.Name(), name))
	if err != nil {
		return nil, errors.Join(err, own.Close())
	}
	f.data = true
	return f, nil
}

// begin creates the file to write to. It leaves dir open.
func begin(dir *os.Root, name, path string) (*File, error) {
	f := &File{dir: dir, path: path, name: name}
	if fi, err := dir.Lstat(f.name); err == nil && !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	// The dot hides it from programs that read the folder: a node exporter reads *.prom.
	f.tmp = "." + f.name + "." + strconv.FormatUint(rand.Uint64(), 36) + ".tmp"
	file, err := dir.OpenFile(f.tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, &fs.PathError{Op: "create", Path: path, Err: walk.Cause(err)}
	}
	f.File = file
	return f, nil
}

// maxBefore is how many bytes of an earlier file are read.
const maxBefore = 1 << 20

// Before is the present content of the file; nil if it cannot be read.
func (f *File) Before() []byte {
	file, err := f.dir.Open(f.name)
	if err != nil {
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxBefore))
	if err != nil {
		return nil
	}
	return data
}

// Keep replaces the path by what write writes. In a file that Create began, it hides
// secrets: people and scripts read the file as they read printed output (package
// visible).
func (f *File) Keep(write func(io.Writer) error) error {
	defer f.dir.Close()
	var err error
	if f.data {
		err = write(f)
	} else {
		safe := visible.NewWriter(f)
		if err = write(safe); err == nil {
			err = safe.Flush()
		}
	}
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = f.dir.Rename(f.tmp, f.name)
	}
	if err != nil {
		f.dir.Remove(f.tmp)
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

// Drop leaves the path as it is. It does nothing once the file is kept.
func (f *File) Drop() {
	f.Close()
	f.dir.Remove(f.tmp)
	f.dir.Close()
}
