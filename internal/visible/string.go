// Package visible makes text from a disk safe to print, and to paste into a bug report.
// It removes secrets and characters that control a terminal.
//
//	visible.String("https://conda.anaconda.org/t/tk-123/x\n") // https://conda.anaconda.org/t/***/x\n
//	out := visible.NewWriter(os.Stdout)                       // the same for all that is printed
package visible

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// String is s in one line, without secrets (Redact), and without anything that moves a
// cursor or reverses the text around it. What does not show as itself is escaped as in a Go
// string, such as \n, \x1b or \u202e. A byte that is not UTF-8 becomes \xff.
func String(s string) string {
	s = Redact(s)
	for i, r := range s {
		if !strconv.IsPrint(r) || r == utf8.RuneError {
			return s[:i] + escaped(s[i:])
		}
	}
	return s
}

// Name is a name in a list or a sentence, without secrets. If anything in it would not
// show as itself, the name is written as a Go string.
func Name(s string) string {
	s = Redact(s)
	if String(s) == s {
		return s
	}
	return strconv.Quote(s)
}

func escaped(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			q := strconv.QuoteToASCII(s[:n])
			b.WriteString(q[1 : len(q)-1])
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}
