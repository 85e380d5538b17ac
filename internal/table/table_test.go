package table

import (
	"testing"

	"github.com/mattn/go-runewidth"
)

// TestShorten keeps both ends, and never cuts a character in two.
func TestShorten(t *testing.T) {
	for _, c := range []struct {
		s     string
		width int
		box   bool
		want  string
	}{
		{"short", 5, false, "short"},
		{"numpy-1.26.4-py311_0", 10, false, "nump..11_0"},
		{"numpy-1.26.4-py311_0", 10, true, "numpy…11_0"},
		{"数値計算ライブラリ", 9, true, "数値…ラリ"},
		{"数値計算ライブラリ", 2, true, "数"},
		{"abc", 0, true, ""},
	} {
		got := shorten(c.s, c.width, Style{Box: c.box})
		if got != c.want || runewidth.StringWidth(got) > c.width {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.s, c.width, got, c.want)
		}
	}
}
