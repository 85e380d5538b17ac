// Package spreadsheet writes CSV in the form of RFC 4180. It is safe to open in a
// spreadsheet and to print on a terminal, whatever names are in it.
//
//	w := spreadsheet.NewWriter(out)
//	w.Row("path", "freed_size")
//	w.Row("/srv/pkgs/=1+1", "4096")
//	err := w.Flush()
package spreadsheet

import (
	"encoding/csv"
	"io"
	"strings"

	"gclean/internal/visible"
)

// Writer writes rows.
type Writer struct{ w *csv.Writer }

// NewWriter returns a Writer to out.
func NewWriter(out io.Writer) *Writer {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	return &Writer{w}
}

// Row writes a row. A cell may have several lines.
func (w *Writer) Row(cells ...string) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = harmless(cell)
	}
	w.w.Write(row) // remembers its error
}

// Flush writes what is still in memory, and returns the first error.
func (w *Writer) Flush() error {
	w.w.Flush()
	return w.w.Error()
}

// harmless is a cell that no spreadsheet reads as a formula (OWASP: CSV Injection), and
// that moves no cursor. It escapes what does not show, except the newline between paths.
func harmless(cell string) string {
	if strings.ContainsFunc(cell, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }) {
		lines := strings.Split(cell, "\n")
		for i, line := range lines {
			lines[i] = visible.String(line)
		}
		cell = strings.Join(lines, "\n")
	}
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
