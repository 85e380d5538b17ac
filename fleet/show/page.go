package show

import (
	"crypto/sha256"
	_ "embed" // page.css
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"strings"

	"gclean/fleet"
	"gclean/internal/units"
	"gclean/internal/visible"
)

// css is the style of the page, in the light and in the dark.
//
//go:embed page.css
var css string

// HTML writes a round as one page, without scripts.
func HTML(w io.Writer, v *View, o Options) error {
	p := &page{}
	sum := sha256.Sum256([]byte(css))
	p.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	p.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'\">\n")
	p.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n")
	p.raw("<title>Packages that go from shared caches</title>\n<style>" + css + "</style>\n</head>\n<body>\n<main>\n")
	p.raw("<h1>Packages that go from shared caches</h1>\n<p class=\"soft\">")
	p.text(fmt.Sprintf("Round of %s, opened by %s on %s: %s.", v.Opened.Format("2006-01-02 15:04 MST"), v.User, v.Host, v.State()))
	p.raw("</p>\n<p>")
	p.text(v.Summary())
	p.raw("</p>\n")
	if v.Policy != "" {
		p.raw("<p>Asked for: <code>")
		p.text(v.Policy)
		p.raw("</code></p>\n")
	}
	if without := v.without(); len(without) > 0 {
		p.raw("<p>Not asked: ")
		p.text(strings.Join(without, ", "))
		p.raw("</p>\n")
	}
	p.owners(v)
	p.entries(v, &o)
	p.hosts(v, &o)
	p.raw("</main>\n<footer><p class=\"soft\">")
	p.text(o.Generator)
	p.raw("</p></footer>\n</body>\n</html>\n")
	_, err := io.WriteString(w, p.b.String())
	return err
}

type page struct{ b strings.Builder }

func (p *page) raw(s string)  { p.b.WriteString(s) }
func (p *page) text(s string) { p.raw(html.EscapeString(visible.String(visible.Redact(s)))) }

// head begins a table. Titles that begin with a # are those of numbers.
func (p *page) head(title string, columns ...string) {
	p.raw("<h2>")
	p.text(title)
	p.raw("</h2>\n<table>\n<thead><tr>")
	for _, c := range columns {
		if name, isNumber := strings.CutPrefix(c, "#"); isNumber {
			p.raw("<th scope=\"col\" class=\"n\">")
			p.text(name)
		} else {
			p.raw("<th scope=\"col\">")
			p.text(c)
		}
		p.raw("</th>")
	}
	p.raw("</tr></thead>\n<tbody>\n")
}

// row adds a row. The last of the cells, as many as numbers says, are numbers.
func (p *page) row(numbers int, cells ...string) {
	p.raw("<tr>")
	for i, c := range cells {
		if i >= len(cells)-numbers {
			p.raw("<td class=\"n\">")
		} else {
			p.raw("<td>")
		}
		p.text(c)
		p.raw("</td>")
	}
	p.raw("</tr>\n")
}

func (p *page) end() { p.raw("</tbody>\n</table>\n") }

func (p *page) owners(v *View) {
	list := v.owners()
	if len(list) == 0 {
		return
	}
	p.head("By owner", "Owner", "#Packages", "#Archives", "#Size", "#Freed")
	for _, w := range list {
		p.row(4, w.name, fmt.Sprint(w.packages), fmt.Sprint(w.archives), units.Bytes(w.Apparent), units.Bytes(w.Freed))
	}
	p.end()
}

func (p *page) entries(v *View, o *Options) {
	p.head("What goes", "Path", "Owner", "#Size", "#Freed")
	for i := range v.Entries {
		if e := &v.Entries[i]; v.goes(i) {
			p.row(2, v.Path(i), e.Owner, units.Bytes(e.Apparent), units.Bytes(e.Freed))
		}
	}
	p.end()
	p.head("What stays", "Path", "Owner", "Why", "#Size")
	for i := range v.Entries {
		if e := &v.Entries[i]; !v.goes(i) && !e.Companion {
			p.row(1, v.Path(i), e.Owner, o.why(&v.Verdicts[i]), units.Bytes(e.Apparent))
		}
	}
	p.end()
}

func (p *page) hosts(v *View, o *Options) {
	if len(v.Hosts) == 0 {
		return
	}
	p.head("Hosts", "Host", "Mark", "Error")
	for _, h := range v.Hosts {
		state := string(h.Presence)
		if h.Presence == fleet.Passed {
			state = "not asked"
		}
		p.row(0, h.Name, state, o.message(h.Err))
	}
	p.end()
}
