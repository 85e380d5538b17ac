package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"syscall"

	"gclean/meta"
	"gclean/walk"
)

// Location says where a cache is, and what it was when it was opened.
type Location struct {
	Path     string
	ID       walk.ID
	Family   Family
	Source   string   // where its path was found
	ReadOnly error    // why nothing can be removed from it; nil if it is writable
	Network  bool     // other hosts may use it too
	Aliases  []string // other paths by which it is configured
	Others   []string // names in a RattlerIndex that gclean never touches: pixi's other caches
}

// Names returns the names of the cache's folder, by all known paths to it: mamba locks it
// by one of them.
func (l Location) Names() []string {
	var list []string
	for _, path := range append([]string{l.Path}, l.Aliases...) {
		list = append(list, filepath.Base(path))
		if real, err := walk.Real(path); err == nil {
			list = append(list, filepath.Base(real))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// opened is an open cache, or the error of opening it.
type opened struct {
	dir *walk.Dir
	loc Location
	err error // contains the path
}

// openLocations opens the caches at a folder. Usually that is the folder itself. If it is
// the root of a rattler cache, or conda's folder in the user's cache folder, they are
// inside it. The error is ErrNotCache, ErrRefused or one of the system, wrapped with the
// path and with what to do.
func openLocations(path string, c meta.Value, homes []string) ([]opened, error) {
	dir, err := walk.Open(path)
	if err != nil {
		return nil, explainOpen(path, err)
	}
	loc := Location{Path: path, ID: dir.ID(), Source: c.Source}
	if err := refuse(dir, c.Owner, homes); err != nil {
		dir.Close()
		return nil, err
	}
	family, mark, ok := detect(dir)
	var list []opened
	switch {
	case ok && family == RattlerIndex:
		list = openInside(dir, c, homes, rattlerPkgs)
	case !ok && isUserCache(dir):
		list = openInside(dir, c, homes, rattlerPkgs)
	}
	if !ok {
		dir.Close()
		if len(list) == 0 {
			return nil, fmt.Errorf("%s: %w", path, ErrNotCache)
		}
		return list, nil
	}
	if (family == Conda || family == Mamba) && isIndexed(dir) {
		dir.Close()
		return nil, fmt.Errorf("%s: %w: it is a channel (it has an index such as repodata.json), and its archives may exist nowhere else", path, ErrRefused)
	}
	loc.Family = family
	if err := dir.Writable(); err != nil {
		loc.ReadOnly = fmt.Errorf("%s: %w (%w)", path, ErrReadOnly, walk.Cause(err))
	} else if mark != "" {
		if err := dir.WritableFile(mark); err != nil {
			loc.ReadOnly = fmt.Errorf("%s: %w (%s: %w)", path, ErrReadOnly, mark, walk.Cause(err))
		}
	}
	return append(list, opened{dir: dir, loc: loc}), nil
}

// openInside opens those folders in dir, out of names, that are caches.
func openInside(dir *walk.Dir, c meta.Value, homes []string, names ...string) []opened {
	var list []opened
	for _, name := range names {
		path := filepath.Join(dir.Path(), name)
		sub, err := openReal(dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			list = append(list, opened{loc: Location{Path: path}, err: fmt.Errorf("not cleaned: %w", err)})
			continue
		}
		sub.Close()
		inner, err := openLocations(path, c, homes)
		switch {
		case errors.Is(err, ErrNotCache), errors.Is(err, fs.ErrNotExist): // usually an empty folder
		case err != nil:
			list = append(list, opened{loc: Location{Path: path}, err: err})
		default:
			list = append(list, inner...)
		}
	}
	return list
}

// Inspect returns why the folder at path cannot be cleaned as a cache: nil, ErrNotCache,
// ErrRefused, ErrReadOnly, or an error of the system.
func Inspect(path string, homes []string) error {
	_, err := InspectFamily(path, homes)
	return err
}

// InspectFamily is Inspect, and also returns the family of the cache. For a folder around
// several caches, it is the family of the first.
func InspectFamily(path string, homes []string) (Family, error) {
	list, err := openLocations(path, meta.Value{}, homes)
	if err != nil {
		return 0, err
	}
	for _, o := range list {
		if o.dir != nil {
			o.dir.Close()
		}
	}
	return list[0].loc.Family, errors.Join(list[0].err, list[0].loc.ReadOnly)
}

// refuse returns why a folder must never be cleaned, whatever is in it, or nil.
func refuse(dir *walk.Dir, owner int, homes []string) error {
	if owner != 0 && dir.Stat().UID != uint32(owner) {
		return fmt.Errorf("%s: %w: it does not belong to the user whose configuration names it (UID %d)", dir.Path(), ErrRefused, owner)
	}
	if _, err := dir.Lstat(meta.CondaMeta); err == nil {
		return fmt.Errorf("%s: %w: it is an environment (it has conda-meta)", dir.Path(), ErrRefused)
	}
	if dir.IsRoot() {
		return fmt.Errorf("%s: %w: it is the root of the file system", dir.Path(), ErrRefused)
	}
	if mode := dir.Stat().Mode; mode&fs.ModeSticky != 0 && mode.Perm()&0o002 != 0 {
		return fmt.Errorf("%s: %w: all users may write to it, as to /tmp (sticky)", dir.Path(), ErrRefused)
	}
	for _, home := range homes {
		if home != "" && same(dir, home) {
			return fmt.Errorf("%s: %w: it is a home folder", dir.Path(), ErrRefused)
		}
	}
	for _, above := range aboveAll(homes) {
		if same(dir, above) {
			return fmt.Errorf("%s: %w: it contains a home folder", dir.Path(), ErrRefused)
		}
	}
	return nil
}

// aboveAll returns the folders above homes, each once.
func aboveAll(homes []string) []string {
	var list []string
	for _, home := range homes {
		for home != "" {
			above := filepath.Dir(home)
			if above == home || slices.Contains(list, above) {
				break
			}
			list, home = append(list, above), above
		}
	}
	return list
}

func explainOpen(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such folder: %w", path, fs.ErrNotExist)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%s: %w: it is not a folder", path, ErrNotCache)
	case errors.Is(err, syscall.ELOOP):
		return fmt.Errorf("%s: the symlinks form a loop; correct the path: %w", path, syscall.ELOOP)
	}
	return fmt.Errorf("%s: the cache cannot be read; run as its owner: %w", path, walk.Cause(err))
}
