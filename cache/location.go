package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"gclean/walk"
)

// Location is a cache: where it is, and what it was when it was looked at.
type Location struct {
	Path     string
	ID       walk.ID
	Source   string // where its path was learned
	ReadOnly error  // why nothing can be removed from it; nil if things can
}

// marks are the files that make a folder a cache: conda and mamba write
// urls.txt (PACKAGE_CACHE_MAGIC_FILE in conda/base/constants.py), conda urls.
var marks = []string{"urls.txt", "urls"}

// environmentMark is the folder that makes a folder an environment.
const environmentMark = "conda-meta"

// openLocation opens a folder as a cache. The error is ErrNotCache,
// ErrRefused or that of the system, wrapped with the path and what to do.
func openLocation(path, source string, homes []string) (*walk.Dir, Location, error) {
	dir, err := walk.Open(path)
	if err != nil {
		return nil, Location{}, explainOpen(path, err)
	}
	loc := Location{Path: path, ID: dir.ID(), Source: source}
	if err := refuse(dir, homes); err != nil {
		dir.Close()
		return nil, loc, err
	}
	marked := ""
	for _, name := range marks {
		if st, err := dir.Lstat(name); err == nil && !st.Mode.IsDir() {
			marked = name
			break
		}
	}
	if marked == "" {
		dir.Close()
		return nil, loc, fmt.Errorf("%s: %w", path, ErrNotCache)
	}
	if err := errors.Join(dir.Writable(), dir.WritableFile(marked)); err != nil {
		loc.ReadOnly = fmt.Errorf("%s: %w (%w)", path, ErrReadOnly, cause(err))
	}
	return dir, loc, nil
}

// Inspect says what stands in the way of cleaning the folder at path as a
// cache: nil, ErrNotCache, ErrRefused, ErrReadOnly, or an error of the system.
func Inspect(path string, homes []string) error {
	dir, loc, err := openLocation(path, "", homes)
	if err != nil {
		return err
	}
	dir.Close()
	return loc.ReadOnly
}

// refuse says why a folder is never a cache, whatever is in it.
func refuse(dir *walk.Dir, homes []string) error {
	if _, err := dir.Lstat(environmentMark); err == nil {
		return fmt.Errorf("%s: %w: it is an environment (it has conda-meta)", dir.Path(), ErrRefused)
	}
	if same(dir, string(filepath.Separator)) {
		return fmt.Errorf("%s: %w: it is the root of the file system", dir.Path(), ErrRefused)
	}
	for _, home := range homes {
		if home != "" && same(dir, home) {
			return fmt.Errorf("%s: %w: it is a home folder", dir.Path(), ErrRefused)
		}
	}
	return nil
}

func same(dir *walk.Dir, path string) bool {
	id, err := walk.Identify(path)
	return err == nil && id == dir.ID()
}

func explainOpen(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such folder: %w", path, fs.ErrNotExist)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%s: %w, it is not even a folder", path, ErrNotCache)
	case errors.Is(err, syscall.ELOOP):
		return fmt.Errorf("%s: symlinks go round in a circle; mend the path: %w", path, syscall.ELOOP)
	}
	return fmt.Errorf("%s: the cache cannot be read; run as its owner: %w", path, cause(err))
}

// cause is the bare error of the system in err.
func cause(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
