package htmlreport

import (
	"strconv"
	"time"

	"gclean/internal/units"
)

// column is one of a table.
type column struct {
	title  string
	number bool
}

// cell is what is in one: value is what it is sorted by, where that is not the
// text.
type cell struct {
	text  string
	value string
	class string
	draw  func()
}

func words(s string) cell { return cell{text: s} }
func bytes(n int64) cell  { return cell{text: units.Bytes(n), value: strconv.FormatInt(n, 10)} }
func number(n int) cell   { return cell{text: strconv.Itoa(n), value: strconv.Itoa(n)} }
func day(t time.Time) cell {
	return cell{text: t.Format("2006-01-02"), value: strconv.FormatInt(t.Unix(), 10)}
}

// table writes a section with a table: rows yields them. The first column names
// the row.
func (p *page) table(id, title, note string, columns []column, rows int, row func(i int) []cell) {
	p.open("section", attr{"aria-labelledby", id + "-title"})
	p.element("h2", title, attr{"id", id + "-title"})
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
		p.raw("<tr>")
		for k, c := range row(i) {
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
			if c.draw != nil {
				c.draw()
			}
			p.text(c.text)
			p.end(name)
		}
		p.raw("</tr>\n")
	}
	p.raw("</tbody></table></div>\n</section>\n")
}

// search writes the field that the script shows.
func (p *page) search(id, title string) {
	p.open("div", attr{"class", "search"}, attr{"hidden", ""})
	p.element("label", "Search in "+title, attr{"for", id + "-search"})
	p.open("input", attr{"id", id + "-search"}, attr{"type", "search"}, attr{"autocomplete", "off"}, attr{"data-table", id})
	p.element("output", "", attr{"id", id + "-count"}, attr{"for", id + "-search"})
	p.raw("</div>\n")
}
