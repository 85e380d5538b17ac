package trust

import "io/fs"

// Written checks that only root and the user can have written a file. Windows protects
// the folders that gclean's files are in.
func Written(fs.FileInfo) error { return nil }
