//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// trusted says whether what a file says may be done: nobody but root and the
// user can have written it.
func trusted(path string, fi fs.FileInfo) error {
	st, ok := fi.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
	case st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%s: it belongs to another user (%d); give --no-config or --config", path, st.Uid)
	case fi.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%s: others can write to it; chmod go-w it, or give --no-config", path)
	}
	return nil
}
