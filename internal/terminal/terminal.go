// Package terminal says what a person looks at: whether it is a terminal, and how
// wide it is.
package terminal

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// Is says whether a person is at the other end of a reader or writer.
func Is(x any) bool {
	f, ok := x.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// usualWidth is that of a screen of which nothing is known.
const usualWidth = 80

// Width is how many columns w has: of a terminal its own, else $COLUMNS, else
// 80.
func Width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return usualWidth
}
