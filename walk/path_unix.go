//go:build unix

package walk

import "path/filepath"

// Real is path without symlinks in it.
func Real(path string) (string, error) { return filepath.EvalSymlinks(path) }
