// Package terminal describes what a person looks at: whether it is a terminal, how wide
// it is, and what it can show.
package terminal

import (
	"io"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// File is the file behind a reader or writer, or nil. It follows the method Unwrap of
// writers.
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

// Is says whether a reader or writer is a terminal.
func Is(x any) bool {
	f := File(x)
	return f != nil && term.IsTerminal(int(f.Fd()))
}

// Unlimited is the width of a file or pipe, where nothing is cut.
const Unlimited = math.MaxInt32

// usualWidth is the width if the screen's is unknown.
const usualWidth = 80

// Width is the number of columns of w: Unlimited unless it is a terminal. If a terminal
// does not say, it is $COLUMNS, or 80.
func Width(w io.Writer) int {
	f := File(w)
	if f == nil || !term.IsTerminal(int(f.Fd())) {
		return Unlimited
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
		return width
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return usualWidth
}

// Moves says whether w is a terminal on which a line can be overwritten.
func Moves(w any) bool { return Is(w) && os.Getenv("TERM") != "dumb" }

// Escapes says whether w is a terminal that should get escape sequences. NO_COLOR turns
// them off (https://no-color.org).
func Escapes(w any) bool { return Moves(w) && os.Getenv("NO_COLOR") == "" && obeys(File(w)) }

// UTF8 says whether the locale has more characters than ASCII. Without a locale, it is
// that of POSIX, which has not. Windows has no locales, and all characters.
func UTF8() bool { return runtime.GOOS == "windows" || isUTF8(os.Getenv) }

// isUTF8 is UTF8 for an environment: the first variable that is set decides (POSIX, 8.2).
func isUTF8(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := env(name); locale != "" {
			locale = strings.ToLower(locale)
			return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
		}
	}
	return false
}
