// Package open opens, reads and lists what is at a path that others choose: the
// file or folder that a configuration, a list or a user names. It never waits for
// a FIFO, opens no device, and reads no more than it is allowed to.
//
//	data, _, err := open.ReadRegular("/home/ann/.condarc", 1<<20)
//	names, err := open.Names("/home/ann/env/conda-meta")
//
// Symlinks are followed. What is looked at again later, or removed, is opened
// with package walk, by its folder.
package open

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular says that what was to be read as a file is a folder, a FIFO, a
// socket or a device.
var ErrNotRegular = errors.New("not a regular file")

// Regular opens the regular file that path leads to for reading, symlinks
// followed. It is for paths that others choose: it never waits for a FIFO, and
// on Linux never opens a device. The error is ErrNotRegular for whatever is no
// file.
func Regular(path string) (*os.File, error) { return openFile(path) }

// ReadRegular reads the regular file at path, as Regular opens it. A file of
// more than limit bytes is an error. A file that says it is empty is not read, so
// that those of /proc, which have no end, count as empty. The FileInfo is that of
// the file read.
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

// ReadAll reads an open file to its end. A file of more than limit bytes is an
// error, whatever size it tells: it may be growing.
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

// checked passes on a file that was just opened, if it is a regular one.
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
