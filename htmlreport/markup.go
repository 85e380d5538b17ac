package htmlreport

import (
	"bufio"
	"io"
	"strings"

	"gclean/internal/visible"
)

// markup writes HTML. Everything except this package's own words goes through text or an
// attribute, which are escaped, so it cannot become markup.
type markup struct {
	w *bufio.Writer // keeps its first error
}

func newMarkup(w io.Writer) *markup { return &markup{bufio.NewWriterSize(w, 1<<16)} }

// attr is an attribute. Its name is written by this package; its value may come from a
// disk.
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

// text writes escaped text.
func (m *markup) text(s string) { m.w.WriteString(escape(s)) }

// element writes an element that contains only text.
func (m *markup) element(name, text string, attrs ...attr) {
	m.open(name, attrs...)
	m.text(text)
	m.end(name)
}

// raw writes markup of this package. Never pass it anything from a disk.
func (m *markup) raw(s string) { m.w.WriteString(s) }

// escape returns s as text of a page. Markup becomes references. Characters that are
// invisible or change the direction of the text become escapes as in Go strings.
func escape(s string) string { return references.Replace(visible.String(s)) }

// references replaces the same characters as html.EscapeString. Package html would add
// every named reference of HTML to the binary, 65 kB.
var references = strings.NewReplacer("&", "&amp;", "'", "&#39;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")
