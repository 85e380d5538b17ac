// Package open opens, reads and lists files and folders at paths that others choose: in a
// configuration, in a list, or on the command line. It never waits for a FIFO, never opens
// a device, and never reads more than its limit.
//
//	data, _, err := open.ReadRegular("/home/ann/.condarc", 1<<20)
//	names, err := open.Names("/home/ann/env/conda-meta")
//
// It follows symlinks. Files that are checked again later, or removed, are opened with
// package walk, through their folder.
package open

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular means that a folder, a FIFO, a socket or a device is where a file was
// expected.
var ErrNotRegular = errors.New("not a regular file")

// Regular opens the regular file at path for reading, following symlinks. It is for paths
// that others choose: it never waits for a FIFO, and on Linux never opens a device. If it
// is not a regular file, the error is ErrNotRegular.
func Regular(path string) (*os.File, error) { return openFile(path) }

// ReadRegular reads the regular file at path, which it opens with Regular. A file of more
// than limit bytes is an error. If the file says that it is empty, ReadRegular does not
// read it: so endless files in /proc count as empty. The FileInfo describes the file that
// was read.
func ReadRegular(path string, limit int64) ([]byte, fs.FileInfo, error) {
	f, err := Regular(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if fi.Size() == 0 {
		return nil, fi, nil
	}
	if fi.Size() > limit {
		return nil, nil, tooLarge(path, limit)
	}
	data, err := ReadAll(f, limit)
	return data, fi, err
}

// ReadAll reads an open file to its end. A file of more than limit bytes is an error,
// whatever its size was: it may be growing.
func ReadAll(f *os.File, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, tooLarge(f.Name(), limit)
	}
	return data, nil
}

func tooLarge(path string, limit int64) error {
	return &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d KiB", limit>>10)}
}

func notRegular(path string) error {
	return &fs.PathError{Op: "read", Path: path, Err: ErrNotRegular}
}

// checked returns a file that was just opened, if it is a regular file.
func checked(f *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	fi, err := f.Stat()
	if err == nil && !fi.Mode().IsRegular() {
		err = notRegular(f.Name())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
