// Package terminal says what a person looks at: whether it is a terminal, and how
// wide it is.
package terminal

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// File is the file that a reader or writer reads or writes, nil if there is none. What
// passes through a writer that has the method Unwrap ends in what that returns.
func File(x any) *os.File {
	for {
		switch v := x.(type) {
		case *os.File:
			return v
		case interface{ Unwrap() io.Writer }:
			x = v.Unwrap()
		default:
			return nil
		}
	}
}

// Is says whether a person is at the other end of a reader or writer.
func Is(x any) bool {
	f := File(x)
	return f != nil && term.IsTerminal(int(f.Fd()))
}

// usualWidth is that of a screen of which nothing is known.
const usualWidth = 80

// Width is how many columns w has: of a terminal its own, else $COLUMNS, else
// 80.
func Width(w io.Writer) int {
	if f := File(w); f != nil {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return usualWidth
}
