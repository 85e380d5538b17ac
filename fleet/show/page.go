package show

import (
	_ "embed" // page.css
	"fmt"
	"io"
	"strings"

	"gclean/fleet"
	"gclean/internal/markup"
	"gclean/internal/units"
)

//go:embed page.css
var css string

// pageTitle is the title and the heading of the page.
const pageTitle = "Packages that go from shared caches"

// HTML writes a round as one page, without scripts.
func HTML(w io.Writer, v *View, o Options) error {
	return markup.Page{Title: pageTitle, Style: css}.Write(w, func(m *markup.Writer) {
		p := &page{m}
		p.Raw("<main>\n")
		p.Element("h1", pageTitle)
		p.line(v.opened(), markup.Attr{"class", "soft"})
		p.line(v.Summary())
		if v.Policy != "" {
			p.Raw("<p>Asked for: ")
			p.Element("code", v.Policy)
			p.Raw("</p>\n")
		}
		if without := v.without(); len(without) > 0 {
			p.line("Not asked: " + strings.Join(without, ", "))
		}
		p.owners(v)
		p.entries(v, &o)
		p.hosts(v, &o)
		p.Raw("</main>\n<footer>")
		p.Element("p", o.Generator, markup.Attr{"class", "soft"})
		p.Raw("</footer>\n")
	})
}

// page writes the parts of a page.
type page struct{ *markup.Writer }

// line writes a paragraph.
func (p *page) line(text string, attrs ...markup.Attr) {
	p.Element("p", text, attrs...)
	p.Raw("\n")
}

// table writes a table below its title.
func (p *page) table(title string, columns []markup.Column, rows [][]markup.Cell) {
	p.Element("h2", title)
	p.Raw("\n<table>\n")
	p.Head(columns)
	p.Raw("<tbody>\n")
	for _, row := range rows {
		p.Row(columns, row)
	}
	p.Raw("</tbody>\n</table>\n")
}

// cells are texts as cells.
func cells(texts ...string) []markup.Cell {
	var row []markup.Cell
	for _, text := range texts {
		row = append(row, markup.Cell{Text: text})
	}
	return row
}

func (p *page) owners(v *View) {
	var rows [][]markup.Cell
	for _, w := range v.owners() {
		rows = append(rows, cells(w.name, fmt.Sprint(w.packages), fmt.Sprint(w.archives), units.Bytes(w.Apparent), units.Bytes(w.Freed)))
	}
	if len(rows) > 0 {
		p.table("By owner", []markup.Column{{"Owner", false}, {"Packages", true}, {"Archives", true}, {"Size", true}, {"Freed", true}}, rows)
	}
}

func (p *page) entries(v *View, o *Options) {
	var goes, stays [][]markup.Cell
	for i := range v.Entries {
		switch e := &v.Entries[i]; {
		case v.goes(i):
			goes = append(goes, cells(v.Path(i), e.Owner, units.Bytes(e.Apparent), units.Bytes(e.Freed)))
		case !e.Companion:
			stays = append(stays, cells(v.Path(i), e.Owner, o.why(&v.Verdicts[i]), units.Bytes(e.Apparent)))
		}
	}
	p.table("What goes", []markup.Column{{"Path", false}, {"Owner", false}, {"Size", true}, {"Freed", true}}, goes)
	p.table("What stays", []markup.Column{{"Path", false}, {"Owner", false}, {"Why", false}, {"Size", true}}, stays)
}

func (p *page) hosts(v *View, o *Options) {
	var rows [][]markup.Cell
	for _, h := range v.Hosts {
		state := string(h.Presence)
		if h.Presence == fleet.Passed {
			state = "not asked"
		}
		rows = append(rows, cells(h.Name, state, o.message(h.Err)))
	}
	if len(rows) > 0 {
		p.table("Hosts", []markup.Column{{"Host", false}, {"Mark", false}, {"Error", false}}, rows)
	}
}
