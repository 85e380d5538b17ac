package slim

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"gclean/walk"
)

// historyName is the file in conda-meta by which conda knows an environment:
// PrefixData.is_environment in conda/core/prefix_data.py asks whether
// PREFIX_MAGIC_FILE of conda/base/constants.py is a file, is_writable whether
// it can be written to, and every command that works on a prefix refuses one without
// (assert_environment). libmamba makes it anew only on installing
// (libmamba/src/api/install.cpp).
//
// So it is never removed, but replaced by an empty file. History.parse in
// conda/history.py has no revisions then, get_state is the empty set and
// get_requested_specs_map is empty: the next installation notes all that is
// there as new. What is lost are the revisions (conda list --revisions, conda
// install --revision) and which packages were asked for, so that conda env
// export --from-history exports none of them, and the solver keeps none of them
// for having been asked for.
const historyName = "history"

// emptyName is the file that takes the place of the history.
const emptyName = ".gclean-history"

// emptyHistory replaces the history by an empty file of the same owner and mode in
// one step, if it is what it was.
func (x *execution) emptyHistory(prefix *walk.Dir, it *Item) error {
	dir, err := prefix.OpenDir("conda-meta")
	if err != nil {
		return err
	}
	defer dir.Close()
	root, err := prefix.Root("conda-meta")
	if err != nil {
		return err
	}
	defer root.Close()
	if err := x.before("create", it); err != nil {
		return err
	}
	made, err := x.createEmpty(dir, root, it)
	if err != nil {
		return err
	}
	if err = x.putInPlace(dir, root, made, it); err != nil {
		_ = root.Remove(emptyName)
	}
	return err
}

// putInPlace puts the empty file that was made in the place of the history. Who
// owns conda-meta may have put another one there meanwhile.
func (x *execution) putInPlace(dir *walk.Dir, root *os.Root, made fs.FileInfo, it *Item) error {
	if err := x.before("rename", it); err != nil {
		return err
	}
	now, err := root.Lstat(emptyName)
	if err != nil {
		return err
	}
	st, err := dir.Lstat(emptyName)
	if err != nil {
		return err
	}
	if !st.Mode.IsRegular() || st.Nlink > 1 || !os.SameFile(now, made) { // inode numbers are used again
		return replaced(root, emptyName)
	}
	if st, err = dir.Lstat(historyName); err != nil {
		return err
	}
	if !unchanged(st, it.Stat) {
		return replaced(root, historyName)
	}
	return root.Rename(emptyName, historyName)
}

func replaced(root *os.Root, name string) error {
	return &fs.PathError{Op: "replace", Path: filepath.Join(root.Name(), name), Err: walk.ErrChanged}
}

// createEmpty makes the file, in place of one that a killed run has left, with the
// owner and mode of the history. It gets both by its handle: by its name, root
// would give away whatever the owner of conda-meta has put there.
func (x *execution) createEmpty(dir *walk.Dir, root *os.Root, it *Item) (made fs.FileInfo, err error) {
	f, err := root.OpenFile(emptyName, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		if err := root.Remove(emptyName); err != nil {
			return nil, err
		}
		f, err = root.OpenFile(emptyName, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	}
	if err != nil {
		return nil, err
	}
	if err = x.before("chmod", it); err == nil {
		made, err = resemble(f, dir, it.Stat)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = root.Remove(emptyName)
	}
	return made, err
}

// resemble gives f, the empty file in dir, the owner and mode of st, and says what
// it is then.
func resemble(f *os.File, dir *walk.Dir, st walk.Stat) (fs.FileInfo, error) {
	now, err := dir.Lstat(emptyName)
	if err != nil {
		return nil, err
	}
	if now.UID != st.UID || now.GID != st.GID { // not all file systems have owners to be set
		if err := f.Chown(int(st.UID), int(st.GID)); err != nil {
			return nil, err
		}
	}
	if err := f.Chmod(st.Mode.Perm()); err != nil {
		return nil, err
	}
	return f.Stat()
}
