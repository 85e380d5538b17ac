package walk

import "os"

// Root opens the folder name in d as AsRoot does.
func (d *Dir) Root(name string) (*os.Root, error) {
	sub, err := d.OpenDir(name)
	if err != nil {
		return nil, err
	}
	defer sub.Close()
	return sub.AsRoot()
}

// AsRoot opens d once more as an os.Root, to make files in it. That it is d, not
// what a symlink on the way led to, is compared.
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
