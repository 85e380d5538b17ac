package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// obeys says whether the console f obeys escape sequences. It turns them on.
func obeys(f *os.File) bool {
	var mode uint32
	h := windows.Handle(f.Fd())
	if err := windows.GetConsoleMode(h, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
