// Package terminal says what a person looks at: whether it is a terminal, how wide it
// is, and what can be drawn on it.
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

// Unlimited is the width of what is no terminal: nothing is cut in a file or a pipe.
const Unlimited = math.MaxInt32

// usualWidth is that of a screen of which nothing is known.
const usualWidth = 80

// Width is how many columns w has: Unlimited unless it is a terminal. A terminal that does
// not tell has $COLUMNS, or 80.
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

// Escapes says whether w is a terminal that gets escape sequences: not where somebody
// asked for none (https://no-color.org).
func Escapes(w any) bool { return Moves(w) && os.Getenv("NO_COLOR") == "" && obeys(File(w)) }

// UTF8 says whether the locale has more characters than ASCII. Without a locale, it is
// POSIX's, which has not; Windows has no locales and all characters.
func UTF8() bool { return runtime.GOOS == "windows" || isUTF8(os.Getenv) }

// isUTF8 is UTF8 of an environment: the first variable that is set decides (POSIX, 8.2).
func isUTF8(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := env(name); locale != "" {
			locale = strings.ToLower(locale)
			return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
		}
	}
	return false
}
