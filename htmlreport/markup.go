package htmlreport

import (
	"bufio"
	"html"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// markup writes HTML. Whatever is not written by this package's own words goes
// through text or an attribute, which are escaped: it cannot become markup.
type markup struct {
	w *bufio.Writer // keeps its first error
}

func newMarkup(w io.Writer) *markup { return &markup{bufio.NewWriterSize(w, 1<<16)} }

// attr is an attribute: its name is ours, its value need not be.
type attr struct{ name, value string }

// open begins an element.
func (m *markup) open(name string, attrs ...attr) {
	m.w.WriteString("<" + name)
	for _, a := range attrs {
		m.w.WriteString(" " + a.name + `="` + escape(a.value) + `"`)
	}
	m.w.WriteByte('>')
}

// end ends elements, the innermost first.
func (m *markup) end(names ...string) {
	for _, name := range names {
		m.w.WriteString("</" + name + ">")
	}
}

// text writes characters.
func (m *markup) text(s string) { m.w.WriteString(escape(s)) }

// element is an element that has nothing but characters in it.
func (m *markup) element(name, text string, attrs ...attr) {
	m.open(name, attrs...)
	m.text(text)
	m.end(name)
}

// raw writes markup of this package: never anything that was found on a disk.
func (m *markup) raw(s string) { m.w.WriteString(s) }

// escape is s as characters of a page: markup as references, and what does not
// show as itself, or turns the text round it, in the words of Go's strings.
func escape(s string) string { return html.EscapeString(visible(s)) }

// visible is s with what does not show as itself escaped, e.g. \n or \u202e.
func visible(s string) string {
	for i, r := range s {
		if !strconv.IsPrint(r) || r == utf8.RuneError {
			return s[:i] + escaped(s[i:])
		}
	}
	return s
}

func escaped(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[0]), 16))
		case r == utf8.RuneError || !strconv.IsPrint(r):
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}
