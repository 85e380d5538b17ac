package walk

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// Describe describes the file at path, following symlinks.
func Describe(path string) (Stat, error) {
	h, err := openHandle(path, windows.FILE_READ_ATTRIBUTES)
	if err != nil {
		return Stat{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	defer windows.CloseHandle(h)
	st, err := describe(h)
	if err != nil {
		return Stat{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return st, nil
}

// DescribeFile describes an open file.
func DescribeFile(f *os.File) (Stat, error) {
	st, err := describe(windows.Handle(f.Fd()))
	if err != nil {
		return Stat{}, &fs.PathError{Op: "stat", Path: f.Name(), Err: err}
	}
	return st, nil
}

func describe(h windows.Handle) (Stat, error) {
	dev, err := volumeOf(h)
	if err != nil {
		return Stat{}, err
	}
	return statOf(h, dev)
}

func idOf(h windows.Handle) (ID, error) {
	st, err := describe(h)
	return st.ID, err
}

// rootID returns the identity of an open os.Root.
func rootID(root *os.Root) (ID, error) {
	f, err := root.Open(".")
	if err != nil {
		return ID{}, err
	}
	defer f.Close()
	id, err := idOf(windows.Handle(f.Fd()))
	if err != nil {
		return ID{}, &fs.PathError{Op: "stat", Path: root.Name(), Err: err}
	}
	return id, nil
}
