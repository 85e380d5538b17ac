package walk

import "io/fs"

// Space is the room on a file system, in bytes.
type Space struct {
	Size      int64 // of all blocks
	Free      int64 // of blocks that are free, those kept for root too
	Available int64 // of blocks that users may have: what df shows
}

// Space returns the room on the file system that the folder is on. The error
// names the path.
func (d *Dir) Space() (Space, error) {
	s, err := d.sys.space()
	if err != nil {
		return Space{}, &fs.PathError{Op: "statfs", Path: d.Path(), Err: err}
	}
	return s, nil
}
