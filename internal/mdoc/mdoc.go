// Package mdoc writes man pages in the language of mdoc(7), for mandoc and groff.
package mdoc

import (
	"strings"

	"gclean/internal/table"
)

// Page is an unfinished man page, in the language of mdoc(7).
type Page struct{ strings.Builder }

// Macro writes a line with a macro and its arguments.
func (p *Page) Macro(name string, args ...string) {
	p.WriteString("." + name)
	for _, arg := range args {
		p.WriteString(" " + word(arg))
	}
	p.WriteByte('\n')
}

// Heading begins a part of a section.
func (p *Page) Heading(s string) { p.WriteString(`.Ss "` + Escape(s) + "\"\n") }

// Example writes a command on a line of its own.
func (p *Page) Example(s string) {
	p.WriteString(`.Dl "` + strings.ReplaceAll(Escape(s), `"`, `""`) + "\"\n")
}

// Item writes the head of a list item: macros and their arguments.
func (p *Page) Item(words ...string) { p.WriteString(".It " + strings.Join(words, " ") + "\n") }

// Tagged writes a list of items, which body writes.
func (p *Page) Tagged(body func()) {
	p.WriteString(".Bl -tag -width Ds\n")
	body()
	p.WriteString(".El\n")
}

// Text writes paragraphs, separated by empty lines. Each sentence begins a line.
func (p *Page) Text(s string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(s), "\n\n") {
		if i > 0 {
			p.Macro("Pp")
		}
		words := strings.Fields(paragraph)
		for len(words) > 0 {
			end := 1
			for end < len(words) && !endsSentence(words[end-1], words[end]) {
				end++
			}
			for line := range strings.Lines(table.Wrap(strings.Join(words[:end], " "), width)) {
				if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
					p.WriteString(`\&`) // not a macro
				}
				p.WriteString(Escape(line))
			}
			words = words[end:]
		}
	}
}

// width leaves space for what Escape adds.
const width = 68

// endsSentence says whether a sentence ends between two words.
func endsSentence(word, next string) bool {
	return strings.HasSuffix(word, ".") && next[0] >= 'A' && next[0] <= 'Z'
}

// word is one argument of a macro.
func word(s string) string {
	return `"` + strings.NewReplacer(`\`, `\e`, `"`, `""`).Replace(s) + `"`
}

// Escape keeps s unchanged: otherwise, a hyphen would become a typographic one.
func Escape(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
}
