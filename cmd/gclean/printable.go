package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoted is a name fit for a terminal: as it is, or as a Go string if there
// is anything in it that would not show as itself.
func quoted(name string) string {
	if printable(name) == name {
		return name
	}
	return strconv.Quote(name)
}

// printable is a message in one line without anything that moves a cursor:
// what does not show as itself is escaped, e.g. \x1b.
func printable(message string) string {
	for i, r := range message {
		if !strconv.IsPrint(r) || r == utf8.RuneError {
			return message[:i] + escaped(message[i:])
		}
	}
	return message
}

func escaped(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == utf8.RuneError || !strconv.IsPrint(r):
			q := strconv.QuoteToASCII(s[:n])
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}
