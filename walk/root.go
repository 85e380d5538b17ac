package walk

import "os"

// Root opens the folder name in d as an os.Root, to make files in it. That it is
// the folder in d, not what a symlink on the way led to, is compared.
func (d *Dir) Root(name string) (*os.Root, error) {
	sub, err := d.OpenDir(name)
	if err != nil {
		return nil, err
	}
	defer sub.Close()
	root, err := os.OpenRoot(sub.path)
	if err != nil {
		return nil, err
	}
	id, err := rootID(root)
	if err == nil && id != sub.ID() {
		err = d.fail("open", name, ErrChanged)
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}
