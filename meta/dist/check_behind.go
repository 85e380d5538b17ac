package dist

import (
	"path"
	"path/filepath"
	"slices"

	"gclean/walk"
)

func (c *checker) addSymlink(full string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.symlinks == nil {
		c.symlinks = make(map[string]bool)
	}
	c.symlinks[c.key(full)] = true
}

// belowSymlink reports whether a path is below a symlink of the package.
func (c *checker) belowSymlink(name string) bool {
	for dir := above(name); dir != ""; dir = above(dir) {
		if c.symlinks[c.key(dir)] {
			return true
		}
	}
	return false
}

// readBehind compares the listed files below a symlink that stays in the package with the
// files behind that symlink. Unpackers put them there, and installers find them there. It
// returns the paths that it found. These files are then no longer findings of kind Added.
func (v *treeVisitor) readBehind() map[string]bool {
	if len(v.symlinks) == 0 {
		return nil
	}
	top, err := walk.Real(v.dir.Path())
	if err != nil {
		return nil
	}
	found, places := make(map[string]bool), make(map[string]bool)
	for i := range v.entries {
		e := &v.entries[i]
		if e.seen || !v.belowSymlink(e.Path) {
			continue
		}
		folder, it, err := v.lookBehind(top, e.Path)
		if err != nil {
			continue
		}
		found[e.Path] = true
		if v.compare(e, it) || v.mayBeCopy(e, it) {
			v.toRead = append(v.toRead, toRead{folder, it.Name, i, it.Stat.Size})
		}
		places[path.Join(folder, it.Name)] = true
	}
	v.findings = slices.DeleteFunc(v.findings, func(f Finding) bool {
		return places[f.Path] && (f.Kind == Added || f.Kind == AddedByTool)
	})
	return found
}

// lookBehind returns the item at a path of the package, and the folder that it is really
// in. It refuses paths that lead out of the package.
func (v *treeVisitor) lookBehind(top, name string) (folder string, it walk.Item, err error) {
	real, err := walk.Real(filepath.Join(top, filepath.FromSlash(path.Dir(name))))
	if err != nil {
		return "", it, err
	}
	rel, err := filepath.Rel(top, real)
	if err != nil || !filepath.IsLocal(rel) {
		return "", it, refused("%s leads out of the package", printable(name))
	}
	if folder = filepath.ToSlash(rel); folder == "." {
		folder = ""
	}
	dir, err := v.dir.OpenBelow(folder)
	if err != nil {
		return "", it, err
	}
	defer dir.Close()
	st, err := dir.Lstat(path.Base(name))
	return folder, walk.Item{Name: path.Base(name), Type: st.Mode.Type(), Stat: st}, err
}
