package walk

import "io/fs"

// Space is the room on a file system, in bytes and inodes.
type Space struct {
	Size      int64 // in all blocks
	Free      int64 // in free blocks, including those reserved for root
	Available int64 // in blocks that users may use: what df shows
	// Inodes is the total number, or 0 if the file system does not count inodes (btrfs,
	// Windows). FreeInodes are those that df -i shows as free. XFS makes inodes from free
	// blocks, so both numbers fall as it fills.
	Inodes, FreeInodes int64
}

// Space returns the room on the file system that the folder is on. The error contains the
// path.
func (d *Dir) Space() (Space, error) {
	s, err := d.sys.space()
	if err != nil {
		return Space{}, &fs.PathError{Op: "statfs", Path: d.Path(), Err: err}
	}
	return s, nil
}
