// Package mdoc writes man pages in the language of mdoc(7), which mandoc and groff
// read.
package mdoc

import (
	"strings"

	"gclean/internal/table"
)

// Page is a man page in the making, in the language of mdoc(7).
type Page struct{ strings.Builder }

// Macro writes a line of a macro and what it is given, each a word to it.
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

// Item writes the head of an item of a list: macros and what they are given.
func (p *Page) Item(words ...string) { p.WriteString(".It " + strings.Join(words, " ") + "\n") }

// Tagged writes a list of items, which body writes.
func (p *Page) Tagged(body func()) {
	p.WriteString(".Bl -tag -width Ds\n")
	body()
	p.WriteString(".El\n")
}

// Text writes paragraphs, which empty lines part; each sentence begins a line.
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
					p.WriteString(`\&`) // it is no macro
				}
				p.WriteString(Escape(line))
			}
			words = words[end:]
		}
	}
}

// width leaves room for what Escape adds.
const width = 68

// endsSentence says whether a sentence ends between two words.
func endsSentence(word, next string) bool {
	return strings.HasSuffix(word, ".") && next[0] >= 'A' && next[0] <= 'Z'
}

// word is one word to a macro.
func word(s string) string {
	return `"` + strings.NewReplacer(`\`, `\e`, `"`, `""`).Replace(s) + `"`
}

// Escape keeps s as it is: a hyphen would become a typographic one.
func Escape(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
}
