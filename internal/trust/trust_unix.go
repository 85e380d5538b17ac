//go:build unix

package trust

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Written checks by a file's Stat that only root and the user can have written it. The
// error says who else can, without a path.
func Written(fi fs.FileInfo) error {
	st, ok := fi.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
	case st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return &ForeignError{st.Uid}
	case fi.Mode().Perm()&0o022 != 0:
		return ErrOpen
	}
	return nil
}

// ForeignError says that a file belongs to another user.
type ForeignError struct{ UID uint32 }

func (e *ForeignError) Error() string { return fmt.Sprintf("it belongs to another user (%d)", e.UID) }
