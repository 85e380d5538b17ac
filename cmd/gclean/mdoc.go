package main

import (
	"strings"

	"github.com/spf13/pflag"
)

// mdoc is a man page in the making, in the language of mdoc(7).
type mdoc struct{ strings.Builder }

// macro writes a line of a macro and what it is given, each a word to it.
func (p *mdoc) macro(name string, args ...string) {
	p.WriteString("." + name)
	for _, arg := range args {
		p.WriteString(" " + mdocArg(arg))
	}
	p.WriteByte('\n')
}

// heading begins a part of a section.
func (p *mdoc) heading(s string) { p.WriteString(`.Ss "` + mdocEscape(s) + "\"\n") }

// example writes a command on a line of its own.
func (p *mdoc) example(s string) {
	p.WriteString(`.Dl "` + strings.ReplaceAll(mdocEscape(s), `"`, `""`) + "\"\n")
}

// item writes the head of an item of a list: macros and what they are given.
func (p *mdoc) item(words ...string) { p.WriteString(".It " + strings.Join(words, " ") + "\n") }

// tagged writes a list of items, which body writes.
func (p *mdoc) tagged(body func()) {
	p.WriteString(".Bl -tag -width Ds\n")
	body()
	p.WriteString(".El\n")
}

// text writes paragraphs, which empty lines part; each sentence begins a line.
func (p *mdoc) text(s string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(s), "\n\n") {
		if i > 0 {
			p.macro("Pp")
		}
		words := strings.Fields(paragraph)
		for len(words) > 0 {
			end := 1
			for end < len(words) && !endsSentence(words[end-1], words[end]) {
				end++
			}
			for line := range strings.Lines(wrap(strings.Join(words[:end], " "), mdocWidth)) {
				if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
					p.WriteString(`\&`) // it is no macro
				}
				p.WriteString(mdocEscape(line))
			}
			words = words[end:]
		}
	}
}

// mdocWidth leaves room for what mdocEscape adds.
const mdocWidth = 68

// endsSentence says whether a sentence ends between two words.
func endsSentence(word, next string) bool {
	return strings.HasSuffix(word, ".") && next[0] >= 'A' && next[0] <= 'Z'
}

// flag writes an item for a flag.
func (p *mdoc) flag(f *pflag.Flag) {
	value, usage := pflag.UnquoteUsage(f)
	var words []string
	if f.Shorthand != "" {
		words = append(words, "Fl", f.Shorthand, ",")
	}
	words = append(words, "Fl", mdocEscape("-"+f.Name))
	if optional, ok := strings.CutPrefix(value, "["); ok {
		words = append(words, "Op")
		value = strings.TrimSuffix(optional, "]")
	}
	if value != "" {
		words = append(words, "Ar", mdocEscape(value))
	}
	p.item(words...)
	p.text(sentence(usage) + ".")
	switch f.DefValue {
	case "", "0", "0s", "false":
	default:
		p.text("The default is " + f.DefValue + ".")
	}
}

// mdocArg is one word to a macro.
func mdocArg(s string) string {
	return `"` + strings.NewReplacer(`\`, `\e`, `"`, `""`).Replace(s) + `"`
}

// mdocEscape keeps s as it is: a hyphen would become a typographic one.
func mdocEscape(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
}
