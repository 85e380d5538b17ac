// Package table draws tables for people. It fits them to the width of a screen: it leaves
// out the least important columns, and shortens long cells in the middle.
//
//	t := &table.Table{Columns: []table.Column{{Title: "NAME", Shrink: true}, {Title: "SIZE", Right: true}}}
//	t.Add("", "numpy", "7.1 MB")
//	text := t.Render(80, table.Style{})
package table

import (
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
)

// Style is the style of tables: plain, unless a terminal shows them.
type Style struct {
	Box   bool // use rules and ellipses that are not ASCII
	Color bool
}

// Paint is s in a colour or weight, which is an SGR parameter of ECMA-48.
func (st Style) Paint(code, s string) string {
	if !st.Color || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// The weights and colours of tables.
const (
	Bold   = "1"
	Green  = "32"
	Yellow = "33"
)

// Column is one column of a table.
type Column struct {
	Title string
	Right bool // numbers, aligned to the right
	// Shrink says that long cells may be shortened in the middle.
	Shrink bool
	// Drop is the order in which columns are left out if there is not enough space: the
	// highest first, 0 never.
	Drop int

	hidden bool
}

// Table has rows of cells, fitted to a width.
type Table struct {
	Columns []Column
	rows    [][]string
	paints  []string // colours of the rows; may be short
}

// Hide leaves out a column that would say nothing.
func (t *Table) Hide(title string) {
	for i := range t.Columns {
		t.Columns[i].hidden = t.Columns[i].hidden || t.Columns[i].Title == title
	}
}

// Add adds a row, in a colour or weight.
func (t *Table) Add(paint string, cells ...string) {
	t.rows = append(t.rows, cells)
	t.paints = append(t.paints, paint)
}

// Cut keeps the first n rows, and returns the number of the others.
func (t *Table) Cut(n int) int {
	rest := max(len(t.rows)-n, 0)
	t.rows = t.rows[:len(t.rows)-rest]
	return rest
}

const (
	gap       = 2  // between columns
	minShrunk = 12 // no cell is cut below this width unless there is no space at all
)

// Render is the table in lines of at most width columns of a terminal.
func (t *Table) Render(width int, st Style) string {
	var shown []int
	for i, c := range t.Columns {
		if !c.hidden {
			shown = append(shown, i)
		}
	}
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = runewidth.StringWidth(c.Title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], runewidth.StringWidth(row[i]))
		}
	}
	least := func() int { // the width after all possible shrinking
		sum := gap * (len(shown) - 1)
		for _, i := range shown {
			if t.Columns[i].Shrink {
				sum += min(widths[i], minShrunk)
			} else {
				sum += widths[i]
			}
		}
		return sum
	}
	for least() > width {
		worst := slices.MaxFunc(shown, func(a, b int) int { return t.Columns[a].Drop - t.Columns[b].Drop })
		if t.Columns[worst].Drop == 0 {
			break
		}
		shown = slices.DeleteFunc(shown, func(i int) bool { return i == worst })
	}
	t.shrink(shown, widths, width)
	var b strings.Builder
	titles := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		titles[i] = c.Title
	}
	t.line(&b, shown, widths, titles, width, Bold, st)
	if st.Box {
		total := gap * (len(shown) - 1)
		for _, i := range shown {
			total += widths[i]
		}
		b.WriteString(strings.Repeat("─", min(total, width)) + "\n")
	}
	for r, row := range t.rows {
		t.line(&b, shown, widths, row, width, t.paints[r], st)
	}
	return b.String()
}

// shrink narrows the widest columns that may shrink until all fit. In a terminal that is
// too narrow for any table, it then narrows all columns.
func (t *Table) shrink(shown, widths []int, width int) {
	over := gap * (len(shown) - 1)
	for _, i := range shown {
		over += widths[i]
	}
	over -= width
	for _, least := range []int{minShrunk, 1} {
		for over > 0 {
			widest := -1
			for _, i := range shown {
				if t.Columns[i].Shrink && widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
					widest = i
				}
			}
			if widest < 0 {
				break
			}
			widths[widest]--
			over--
		}
	}
}

func (t *Table) line(b *strings.Builder, shown, widths []int, cells []string, width int, paint string, st Style) {
	var line strings.Builder
	for n, i := range shown {
		cell := shorten(cells[i], widths[i], st)
		pad := strings.Repeat(" ", max(widths[i]-runewidth.StringWidth(cell), 0))
		if n > 0 {
			line.WriteString(strings.Repeat(" ", gap))
		}
		if t.Columns[i].Right {
			line.WriteString(pad + cell)
		} else {
			line.WriteString(cell + pad)
		}
	}
	// Numbers that do not fit are cut at the edge of the screen.
	b.WriteString(st.Paint(paint, runewidth.Truncate(strings.TrimRight(line.String(), " "), width, "")) + "\n")
}

// shorten is s without its middle, at most width wide: both ends of a path or
// distribution identify it.
func shorten(s string, width int, st Style) string {
	if runewidth.StringWidth(s) <= width {
		return s
	}
	dots := ".."
	if st.Box {
		dots = "…"
	}
	room := width - runewidth.StringWidth(dots)
	if room <= 1 {
		return runewidth.Truncate(s, width, "")
	}
	tail := room / 2
	end := runewidth.TruncateLeft(s, runewidth.StringWidth(s)-tail, "")
	return runewidth.Truncate(s, room-runewidth.StringWidth(end), "") + dots + end
}

// Wrap breaks text at spaces into lines of at most width.
func Wrap(text string, width int) string {
	var b strings.Builder
	col := 0
	for _, word := range strings.Fields(text) {
		w := runewidth.StringWidth(word)
		switch {
		case col == 0:
		case col+1+w > width:
			b.WriteByte('\n')
			col = 0
		default:
			b.WriteByte(' ')
			col++
		}
		for w > width { // longer than a line
			head := runewidth.Truncate(word, width-col, "")
			if head == "" {
				break
			}
			b.WriteString(head + "\n")
			word, col = word[len(head):], 0
			w = runewidth.StringWidth(word)
		}
		b.WriteString(word)
		col += w
	}
	b.WriteByte('\n')
	return b.String()
}
