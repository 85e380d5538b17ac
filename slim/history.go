package slim

import (
	"errors"
	"io/fs"
	"os"

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
	if err := createEmpty(root); err != nil {
		return err
	}
	if err = x.putInPlace(dir, root, it); err != nil {
		_ = root.Remove(emptyName)
	}
	return err
}

func (x *execution) putInPlace(dir *walk.Dir, root *os.Root, it *Item) error {
	st, err := dir.Lstat(emptyName)
	if err != nil {
		return err
	}
	if st.UID != it.Stat.UID || st.GID != it.Stat.GID {
		if err := root.Lchown(emptyName, int(it.Stat.UID), int(it.Stat.GID)); err != nil {
			return err
		}
	}
	if err := root.Chmod(emptyName, it.Stat.Mode.Perm()); err != nil {
		return err
	}
	if err := x.before("rename", it); err != nil {
		return err
	}
	if st, err = dir.Lstat(historyName); err != nil {
		return err
	}
	if !unchanged(st, it.Stat) {
		return &fs.PathError{Op: "replace", Path: root.Name() + string(os.PathSeparator) + historyName, Err: walk.ErrChanged}
	}
	return root.Rename(emptyName, historyName)
}

// createEmpty makes the file, in place of one that a killed run has left.
func createEmpty(root *os.Root) error {
	f, err := root.OpenFile(emptyName, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		if err := root.Remove(emptyName); err != nil {
			return err
		}
		f, err = root.OpenFile(emptyName, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	}
	if err != nil {
		return err
	}
	return f.Close()
}
