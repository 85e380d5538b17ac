// Package markup writes a page of HTML that needs no network and no other file. What comes
// from a disk cannot become markup: it goes through Text, which escapes it.
//
//	page := markup.Page{Title: "Caches", Style: css}
//	err := page.Write(w, func(m *markup.Writer) { m.Element("h1", "Caches") })
package markup

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // base.css
	"encoding/base64"
	"io"
)

// base is what all pages have in common: colours by day and by night, and the font.
//
//go:embed base.css
var base string

// Page is a page without its body.
type Page struct {
	Title  string
	Style  string // CSS, after that of all pages
	Script string // JavaScript at the end of the page; "" for none
}

// Write writes the page. body writes what is between its head and its script. The error is
// that of out.
func (p Page) Write(out io.Writer, body func(m *Writer)) error {
	m := &Writer{bufio.NewWriterSize(out, 1<<16)}
	style, script := base+p.Style, ""
	if p.Script != "" {
		script = "; script-src " + hash(p.Script)
	}
	m.Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	m.Open("meta", Attr{"http-equiv", "Content-Security-Policy"}, Attr{"content", "default-src 'none'; style-src " + hash(style) + script + "; img-src data:; base-uri 'none'; form-action 'none'"})
	m.Raw("\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n")
	m.Element("title", p.Title)
	m.Raw("\n<style>" + style + "</style>\n</head>\n<body>\n")
	body(m)
	if p.Script != "" {
		m.Raw("<script>" + p.Script + "</script>\n")
	}
	m.Raw("</body>\n</html>\n")
	return m.w.Flush()
}

// hash returns the source expression of an inline style or script (CSP 3).
func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
