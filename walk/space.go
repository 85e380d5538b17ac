package walk

import "io/fs"

// Space is the room on a file system, in bytes and inodes.
type Space struct {
	Size      int64 // of all blocks
	Free      int64 // of blocks that are free, those kept for root too
	Available int64 // of blocks that users may have: what df shows
	// Inodes are all that there can be, 0 where the file system does not count them
	// (btrfs, Windows), and FreeInodes those that df -i shows as free. XFS makes
	// them of free blocks: both fall as it fills.
	Inodes, FreeInodes int64
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
