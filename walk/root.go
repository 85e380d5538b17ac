package walk

import "os"

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
