// Package shellquote writes command lines that can be pasted into a shell.
//
//	shellquote.Join("gclean", "slim", "/opt/my env") // gclean slim '/opt/my env'
package shellquote

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Join makes a command line from words.
func Join(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Quote(word)
	}
	return strings.Join(quoted, " ")
}

// Quote is a word as a POSIX shell reads it, in one line and without terminal control
// characters. It lets printf(1) write what does not show as itself, from octal numbers. A
// word that ends with a newline takes several lines, because a shell drops that newline
// from the output of printf. On Windows, Quote is a word as cmd and PowerShell read
// paths.
func Quote(word string) string {
	if runtime.GOOS == "windows" {
		return quoteWindows(word)
	}
	return quotePOSIX(word)
}

func quoteWindows(word string) string {
	if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !plain(r) && r != '\\' && r != '(' && r != ')' || r == ' ' }) {
		return `"` + word + `"`
	}
	return word
}

func quotePOSIX(word string) string {
	switch {
	case word != "" && word[0] != '=' && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }):
		return word // "=ls" is a path in zsh
	case shows(word):
		return single(word)
	}
	body := strings.TrimRight(word, "\n")
	quoted := ""
	if body != "" {
		quoted = single(body)
		if !shows(body) {
			quoted = `"$(printf ` + single(octal(body)) + `)"`
		}
	}
	if end := word[len(body):]; end != "" {
		quoted += single(end)
	}
	return quoted
}

// plain says whether a shell reads a character as itself in every position.
func plain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:,@%=", r) ||
		r >= 0x80 && r != utf8.RuneError && strconv.IsPrint(r)
}

// shows says whether all of s shows as itself.
func shows(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) })
}

// single is s in single quotes, where a shell reads everything as itself.
func single(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// octal is s as a format for printf(1).
func octal(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == '%':
			b.WriteString("%%")
		case r == '\\':
			b.WriteString(`\\`)
		case r == utf8.RuneError || !strconv.IsPrint(r), r == '-' && b.Len() == 0: // not an option of printf
			for i := range n {
				fmt.Fprintf(&b, `\%03o`, s[i])
			}
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}
