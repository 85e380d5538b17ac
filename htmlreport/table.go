package htmlreport

import (
	"strconv"
	"strings"
	"time"

	"gclean/internal/units"
	"gclean/internal/visible"
)

// column is a column of a table.
type column struct {
	title  string
	number bool
}

// cell is a cell of a table. value is what the column is sorted by, if not by the text.
type cell struct {
	text  string
	value string
	class string
	draw  func()
	path  bool // shortened in the middle if there is not enough room
}

func words(s string) cell { return cell{text: s} }
func path(s string) cell  { return cell{text: s, path: true} }
func bytes(n int64) cell  { return cell{text: units.Bytes(n), value: strconv.FormatInt(n, 10)} }
func number(n int) cell   { return cell{text: strconv.Itoa(n), value: strconv.Itoa(n)} }
func day(t time.Time) cell {
	return cell{text: t.Format("2006-01-02"), value: strconv.FormatInt(t.Unix(), 10)}
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
		p.element("p", note, attr{"class", "note"})
	}
	if rows > fewRows {
		p.search(id, title)
	}
	p.open("div", attr{"class", "scroll"}, attr{"tabindex", "0"}, attr{"role", "group"}, attr{"aria-labelledby", id + "-title"})
	p.open("table", attr{"id", id})
	p.element("caption", title, attr{"class", "hidden"})
	p.raw("<thead><tr>")
	for _, c := range columns {
		class := "words"
		if c.number {
			class = "number"
		}
		p.element("th", c.title, attr{"scope", "col"}, attr{"class", class})
	}
	p.raw("</tr></thead>\n<tbody>\n")
	for i := range rows {
		p.row(columns, g.row(i))
	}
	p.raw("</tbody>\n")
	if g.total != nil && rows > 1 {
		p.raw("<tfoot>\n")
		p.row(columns, g.total)
		p.raw("</tfoot>")
	}
	p.raw("</table></div>\n")
}

// row writes a row of a table.
func (p *page) row(columns []column, cells []cell) {
	p.raw("<tr>")
	for k, c := range cells {
		var attrs []attr
		if c.value != "" {
			attrs = append(attrs, attr{"data-value", c.value})
		}
		class := c.class
		if columns[k].number {
			class = "number " + class
		}
		if class != "" {
			attrs = append(attrs, attr{"class", class})
		}
		name := "td"
		if k == 0 {
			name = "th"
			attrs = append(attrs, attr{"scope", "row"})
		}
		p.open(name, attrs...)
		switch {
		case c.draw != nil:
			c.draw()
		case c.path:
			p.path(c.text)
		default:
			p.text(c.text)
		}
		p.end(name)
	}
	p.raw("</tr>\n")
}

// path writes a path in two parts. If there is not enough room, the style shortens the
// first part, so that the end remains readable.
func (p *page) path(s string) {
	s = visible.String(s)
	i := strings.LastIndexByte(strings.TrimRight(s, "/"), '/')
	if i > 0 && s[i:] == "/pkgs" { // most caches are called that
		i = strings.LastIndexByte(s[:i], '/')
	}
	if i <= 0 {
		p.text(s)
		return
	}
	p.open("span", attr{"class", "path"}, attr{"title", s})
	p.element("span", s[:i], attr{"class", "begin"})
	p.element("span", s[i:], attr{"class", "end"})
	p.end("span")
}

// search writes the search field, which only the script shows.
func (p *page) search(id, title string) {
	p.open("div", attr{"class", "search"}, attr{"hidden", ""})
	p.element("label", "Search in "+title, attr{"for", id + "-search"})
	p.open("input", attr{"id", id + "-search"}, attr{"type", "search"}, attr{"autocomplete", "off"}, attr{"data-table", id})
	p.element("output", "", attr{"id", id + "-count"}, attr{"for", id + "-search"})
	p.raw("</div>\n")
}
