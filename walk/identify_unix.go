//go:build unix

package walk

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Describe describes the file at path, following symlinks.
func Describe(path string) (Stat, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return Stat{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return statOf(&st), nil
}

// DescribeFile describes an open file.
func DescribeFile(f *os.File) (Stat, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return Stat{}, &fs.PathError{Op: "stat", Path: f.Name(), Err: err}
	}
	return statOf(&st), nil
}

// rootID returns the identity of an open os.Root.
func rootID(root *os.Root) (ID, error) {
	f, err := root.Open(".")
	if err != nil {
		return ID{}, err
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return ID{}, &fs.PathError{Op: "stat", Path: root.Name(), Err: err}
	}
	return idOf(&st), nil
}
