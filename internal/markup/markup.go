package markup

import (
	"bufio"
	"strings"

	"gclean/internal/visible"
)

// Writer writes HTML. Everything except the caller's own words goes through Text or an
// attribute, which are escaped, so it cannot become markup.
type Writer struct {
	w *bufio.Writer // keeps its first error
}

// Attr is an attribute. Its name is written by the caller; its value may come from a disk.
// It is an unnamed struct, so that literals need not name its fields.
type Attr = struct{ Name, Value string }

// Open begins an element.
func (m *Writer) Open(name string, attrs ...Attr) {
	m.w.WriteString("<" + name)
	for _, a := range attrs {
		m.w.WriteString(" " + a.Name + `="` + escape(a.Value) + `"`)
	}
	m.w.WriteByte('>')
}

// End ends elements, the innermost first.
func (m *Writer) End(names ...string) {
	for _, name := range names {
		m.w.WriteString("</" + name + ">")
	}
}

// Text writes escaped text.
func (m *Writer) Text(s string) { m.w.WriteString(escape(s)) }

// Element writes an element that contains only text.
func (m *Writer) Element(name, text string, attrs ...Attr) {
	m.Open(name, attrs...)
	m.Text(text)
	m.End(name)
}

// Raw writes markup of the caller. Never pass it anything from a disk.
func (m *Writer) Raw(s string) { m.w.WriteString(s) }

// escape returns s as text of a page, without secrets. Markup becomes references.
// Characters that are invisible or change the direction of the text become escapes as in Go
// strings.
func escape(s string) string { return references.Replace(visible.String(s)) }

// references replaces the same characters as html.EscapeString. Package html would add
// every named reference of HTML to the binary, 65 kB.
var references = strings.NewReplacer("&", "&amp;", "'", "&#39;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")
