package cache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"gclean/walk"
)

// isFile and isFolder report what name is in dir; for a symlink both are false.
func isFile(dir *walk.Dir, name string) bool {
	st, err := dir.Lstat(name)
	return err == nil && st.Mode.IsRegular()
}

func isFolder(dir *walk.Dir, name string) bool {
	st, err := dir.Lstat(name)
	return err == nil && st.Mode.IsDir()
}

// below reports whether test holds for the folder at rel below dir.
func below(dir *walk.Dir, rel string, test func(*walk.Dir) bool) bool {
	sub, err := dir.OpenBelow(rel)
	if errors.Is(err, walk.ErrMountPoint) {
		// Container builds mount a volume for a cache.
		sub, err = openReal(dir, rel)
	}
	if err != nil {
		return false
	}
	defer sub.Close()
	return test(sub)
}

// openReal opens the folder name in dir, even if something is mounted there. It never
// follows a symlink: the owner of dir must not decide that another folder is cleaned.
func openReal(dir *walk.Dir, name string) (*walk.Dir, error) {
	st, err := dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir.Path(), name)
	if !st.Mode.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotFolder}
	}
	sub, err := walk.Open(path)
	if err == nil && sub.ID() != st.ID {
		sub.Close()
		return nil, &fs.PathError{Op: "open", Path: path, Err: walk.ErrChanged}
	}
	return sub, err
}

// isEmpty reports whether path is an empty folder.
func isEmpty(path string) bool {
	dir, err := walk.Open(path)
	if err != nil {
		return false
	}
	defer dir.Close()
	items, err := dir.ReadDir()
	return err == nil && len(items) == 0
}

func same(dir *walk.Dir, path string) bool {
	id, err := walk.Identify(path)
	return err == nil && id == dir.ID()
}

// existing reports whether path leads to a folder.
func existing(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}
