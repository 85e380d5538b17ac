package walk

// IsFull says that a file system has no room for something new: no block, no
// inode, no quota, or no place in a folder. Removing what is there may still
// work, and makes room.
func IsFull(err error) bool { return err != nil && isFull(err) }
