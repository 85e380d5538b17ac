package markup

// Column is a column of a table. It is an unnamed struct, so that literals need not name
// its fields.
type Column = struct {
	Title  string
	Number bool // aligned to the right
}

// Cell is a cell of a table.
type Cell struct {
	Text  string
	Value string // by which a script sorts the column; "" sorts by the text
	Class string
	Draw  func() // writes the content instead of Text
}

// Head writes the row of titles. Their class is "number" or "words".
func (m *Writer) Head(columns []Column) {
	m.Raw("<thead><tr>")
	for _, c := range columns {
		class := "words"
		if c.Number {
			class = "number"
		}
		m.Element("th", c.Title, Attr{"scope", "col"}, Attr{"class", class})
	}
	m.Raw("</tr></thead>\n")
}

// Row writes a row of a table with these columns. The first cell names the row.
func (m *Writer) Row(columns []Column, cells []Cell) {
	m.Raw("<tr>")
	for k, c := range cells {
		var attrs []Attr
		if c.Value != "" {
			attrs = append(attrs, Attr{"data-value", c.Value})
		}
		class := c.Class
		if columns[k].Number {
			class = "number " + class
		}
		if class != "" {
			attrs = append(attrs, Attr{"class", class})
		}
		name := "td"
		if k == 0 {
			name = "th"
			attrs = append(attrs, Attr{"scope", "row"})
		}
		m.Open(name, attrs...)
		if c.Draw != nil {
			c.Draw()
		} else {
			m.Text(c.Text)
		}
		m.End(name)
	}
	m.Raw("</tr>\n")
}
