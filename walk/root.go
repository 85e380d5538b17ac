package walk

import (
	"errors"
	"os"
	"runtime"
)

// Root opens the folder name in d as an os.Root, like AsRoot.
func (d *Dir) Root(name string) (*os.Root, error) {
	sub, err := d.OpenDir(name)
	if err != nil {
		return nil, err
	}
	defer sub.Close()
	return sub.AsRoot()
}

// AsRoot opens d again as an os.Root, to create files in it. It compares identities, so
// that it never returns another folder that a symlink in the path leads to.
func (d *Dir) AsRoot() (*os.Root, error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, err
	}
	id, err := rootID(root)
	if err == nil && id != d.ID() {
		err = d.fail("open", "", ErrChanged)
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

// WriteNew writes data to a new file in d, and returns when it is on the disk. Everybody
// who can read d can read the file, whatever the umask. If writing fails, it removes the
// file.
func (d *Dir) WriteNew(name string, data []byte) error {
	root, err := d.AsRoot()
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return d.fail("create", name, Cause(err))
	}
	_, err = f.Write(data)
	// Some file systems on servers refuse chmod.
	if fi, unknown := f.Stat(); runtime.GOOS != "windows" && (unknown != nil || fi.Mode().Perm() != 0o644) {
		err = errors.Join(err, f.Chmod(0o644))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = root.Remove(name)
	}
	return err
}
