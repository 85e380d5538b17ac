package main

import (
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
)

// style is how tables are drawn: plain, unless a terminal shows them.
type style struct {
	box   bool // rules and ellipses that are not ASCII
	color bool
}

// paint is s in a colour or weight: an SGR parameter of ECMA-48.
func (st style) paint(code, s string) string {
	if !st.color || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// The weights and colours of tables.
const (
	bold   = "1"
	green  = "32"
	yellow = "33"
)

// column is one column of a table.
type column struct {
	title  string
	hidden bool
	right  bool // numbers
	// shrink says that long cells may lose their middle.
	shrink bool
	// drop is when the column goes where there is no room: the highest first, 0
	// never.
	drop int
}

// table is rows of cells, fitted to a width.
type table struct {
	columns []column
	rows    [][]string
	paints  []string // colours of the rows; may be short
}

// hide takes a column out that would say nothing.
func (t *table) hide(title string) {
	for i := range t.columns {
		t.columns[i].hidden = t.columns[i].hidden || t.columns[i].title == title
	}
}

func (t *table) add(paint string, cells ...string) {
	t.rows = append(t.rows, cells)
	t.paints = append(t.paints, paint)
}

const (
	gap       = 2  // between columns
	minShrunk = 12 // a cell is not cut below it unless there is no room at all
)

// render is the table in lines no wider than width, in columns of a terminal.
func (t *table) render(width int, st style) string {
	var shown []int
	for i, c := range t.columns {
		if !c.hidden {
			shown = append(shown, i)
		}
	}
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = runewidth.StringWidth(c.title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], runewidth.StringWidth(row[i]))
		}
	}
	least := func() int { // the width when all that may shrink has
		sum := gap * (len(shown) - 1)
		for _, i := range shown {
			if t.columns[i].shrink {
				sum += min(widths[i], minShrunk)
			} else {
				sum += widths[i]
			}
		}
		return sum
	}
	for least() > width {
		worst := slices.MaxFunc(shown, func(a, b int) int { return t.columns[a].drop - t.columns[b].drop })
		if t.columns[worst].drop == 0 {
			break
		}
		shown = slices.DeleteFunc(shown, func(i int) bool { return i == worst })
	}
	t.shrink(shown, widths, width)
	var b strings.Builder
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.title
	}
	t.line(&b, shown, widths, titles, width, bold, st)
	if st.box {
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

// shrink takes from the widest columns that may shrink until all fit, and then,
// in a terminal too narrow for any table, from all of them.
func (t *table) shrink(shown, widths []int, width int) {
	over := gap * (len(shown) - 1)
	for _, i := range shown {
		over += widths[i]
	}
	over -= width
	for _, least := range []int{minShrunk, 1} {
		for over > 0 {
			widest := -1
			for _, i := range shown {
				if t.columns[i].shrink && widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
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

func (t *table) line(b *strings.Builder, shown, widths []int, cells []string, width int, paint string, st style) {
	var line strings.Builder
	for n, i := range shown {
		cell := shorten(cells[i], widths[i], st)
		pad := strings.Repeat(" ", max(widths[i]-runewidth.StringWidth(cell), 0))
		if n > 0 {
			line.WriteString(strings.Repeat(" ", gap))
		}
		if t.columns[i].right {
			line.WriteString(pad + cell)
		} else {
			line.WriteString(cell + pad)
		}
	}
	// Numbers that do not fit at all are cut at the edge of the screen.
	b.WriteString(st.paint(paint, runewidth.Truncate(strings.TrimRight(line.String(), " "), width, "")) + "\n")
}

// shorten is s without its middle, so that it is at most width wide: a path or
// a distribution is told by both of its ends.
func shorten(s string, width int, st style) string {
	if runewidth.StringWidth(s) <= width {
		return s
	}
	dots := ".."
	if st.box {
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

// wrap is text in lines no wider than width, broken at spaces.
func wrap(text string, width int) string {
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
