package main

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// isTerminal says whether a person is at the other end of a reader or writer.
func isTerminal(x any) bool {
	f, ok := x.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// styleOf is how tables on w are drawn. Colours are for terminals, and not for
// those who asked for none (no-color.org).
func styleOf(w io.Writer, color string) style {
	terminal := isTerminal(w) && os.Getenv("TERM") != "dumb"
	st := style{box: terminal, color: terminal && os.Getenv("NO_COLOR") == ""}
	switch color {
	case "always":
		st.color = true
	case "never":
		st.color = false
	}
	return st
}

// usualWidth is that of a screen of which nothing is known.
const usualWidth = 80

// widthOf is how many columns w has: of a terminal its own, else $COLUMNS, else
// 80.
func widthOf(w io.Writer) int {
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
