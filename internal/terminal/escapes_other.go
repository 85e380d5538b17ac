//go:build !windows

package terminal

import "os"

// obeys says whether a terminal obeys escape sequences. All do, except those named dumb.
func obeys(*os.File) bool { return true }
