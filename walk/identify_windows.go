package walk

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// Identify returns the identity of what path leads to, symlinks followed.
func Identify(path string) (ID, error) {
	h, err := openHandle(path, windows.FILE_READ_ATTRIBUTES)
	if err != nil {
		return ID{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	defer windows.CloseHandle(h)
	id, err := idOf(h)
	if err != nil {
		return ID{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return id, nil
}

func idOf(h windows.Handle) (ID, error) {
	dev, err := volumeOf(h)
	if err != nil {
		return ID{}, err
	}
	st, err := statOf(h, dev)
	return st.ID, err
}

// rootID is the identity of an open root.
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
