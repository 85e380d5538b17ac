package walk

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// Identify returns the identity of what path leads to, symlinks followed.
func Identify(path string) (ID, error) {
	st, err := statHandle(path, windows.FILE_FLAG_BACKUP_SEMANTICS)
	if err != nil {
		return ID{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return st.ID, nil
}

// rootID is the identity of an open root.
func rootID(root *os.Root) (ID, error) { return Identify(root.Name()) }
