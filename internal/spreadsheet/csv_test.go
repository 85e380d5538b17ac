package spreadsheet

import (
	"encoding/csv"
	"strings"
	"testing"
)

func TestCells(t *testing.T) {
	for _, c := range []struct{ name, cell, want string }{
		{"name", "numpy-1.26.4-0", "numpy-1.26.4-0"},
		{"empty", "", ""},
		{"two paths", "/a\n/b", "/a\n/b"},
		{"quotation mark and comma", `a",b`, `a",b`},
		{"formula", "=1+1", "'=1+1"},
		{"sign", "-1", "'-1"},
		{"function", "@SUM(A1)", "'@SUM(A1)"},
		{"tab", "\t=1", "'\t=1"},
		{"carriage return", "\r=1", `\r=1`},
		{"escape sequence", "a\x1b[31m\n/b", "a\\x1b[31m\n/b"},
		{"formula that was an escape", "=\x1b[31m", `'=\x1b[31m`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			w := NewWriter(&b)
			w.Row("first", c.cell)
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
			if err != nil || len(rows) != 1 || rows[0][1] != c.want || !strings.HasSuffix(b.String(), "\r\n") {
				t.Errorf("%q is read as %q, %v; want %q", b.String(), rows, err, c.want)
			}
		})
	}
}
