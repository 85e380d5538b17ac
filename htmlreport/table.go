package htmlreport

import (
	"strconv"
	"strings"
	"time"

	"gclean/internal/markup"
	"gclean/internal/units"
	"gclean/internal/visible"
)

// The parts of markup, by names that keep calls short.
type (
	attr   = markup.Attr
	column = markup.Column
	cell   = markup.Cell
)

func words(s string) cell { return cell{Text: s} }
func bytes(n int64) cell  { return cell{Text: units.Bytes(n), Value: strconv.FormatInt(n, 10)} }
func number(n int) cell   { return cell{Text: strconv.Itoa(n), Value: strconv.Itoa(n)} }
func day(t time.Time) cell {
	return cell{Text: t.Format("2006-01-02"), Value: strconv.FormatInt(t.Unix(), 10)}
}

// grid is a table. The first column names the row.
type grid struct {
	id, title, note string
	columns         []column
	rows            int
	row             func(i int) []cell
	total           []cell // the last row, which stays at the end when sorting; nil for none
}

// table writes g.
func (p *page) table(g grid) {
	id, title, note, columns, rows := g.id, g.title, g.note, g.columns, g.rows
	if note != "" {
		p.Element("p", note, attr{"class", "note"})
	}
	if rows > fewRows {
		p.search(id, title)
	}
	p.Open("div", attr{"class", "scroll"}, attr{"tabindex", "0"}, attr{"role", "group"}, attr{"aria-labelledby", id + "-title"})
	p.Open("table", attr{"id", id})
	p.Element("caption", title, attr{"class", "hidden"})
	p.Head(columns)
	p.Raw("<tbody>\n")
	for i := range rows {
		p.Row(columns, g.row(i))
	}
	p.Raw("</tbody>\n")
	if g.total != nil && rows > 1 {
		p.Raw("<tfoot>\n")
		p.Row(columns, g.total)
		p.Raw("</tfoot>")
	}
	p.Raw("</table></div>\n")
}

// path is a cell with a path. If there is not enough room, the style shortens its
// beginning, so that the end remains readable.
func (p *page) path(s string) cell {
	return cell{Text: s, Draw: func() { p.twoParts(s) }}
}

// twoParts writes a path in two parts. The style shortens the first.
func (p *page) twoParts(s string) {
	s = visible.String(s)
	i := strings.LastIndexByte(strings.TrimRight(s, "/"), '/')
	if i > 0 && s[i:] == "/pkgs" { // most caches are called that
		i = strings.LastIndexByte(s[:i], '/')
	}
	if i <= 0 {
		p.Text(s)
		return
	}
	p.Open("span", attr{"class", "path"}, attr{"title", s})
	p.Element("span", s[:i], attr{"class", "begin"})
	p.Element("span", s[i:], attr{"class", "end"})
	p.End("span")
}

// search writes the search field, which only the script shows.
func (p *page) search(id, title string) {
	p.Open("div", attr{"class", "search"}, attr{"hidden", ""})
	p.Element("label", "Search in "+title, attr{"for", id + "-search"})
	p.Open("input", attr{"id", id + "-search"}, attr{"type", "search"}, attr{"autocomplete", "off"}, attr{"data-table", id})
	p.Element("output", "", attr{"id", id + "-count"}, attr{"for", id + "-search"})
	p.Raw("</div>\n")
}
