//go:build !linux

package walk

import "os"

// openFileBelow is for systems that open a path below a folder in one call without
// following symlinks.
func (s sysdir) openFileBelow(rel, path string) (f *os.File, ok bool) { return nil, false }
