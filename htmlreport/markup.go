package htmlreport

import (
	"bufio"
	"io"
	"strings"

	"gclean/internal/visible"
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
func escape(s string) string { return references.Replace(visible.String(s)) }

// references replaces what html.EscapeString does. That package brings every named
// reference of HTML, 65 kB, into the binary.
var references = strings.NewReplacer("&", "&amp;", "'", "&#39;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")
