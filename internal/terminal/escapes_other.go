//go:build !windows

package terminal

import "os"

// obeys says whether a terminal obeys escape sequences: all but those named dumb do.
func obeys(*os.File) bool { return true }
