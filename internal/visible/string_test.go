package visible

import "testing"

func TestString(t *testing.T) {
	for s, want := range map[string]string{
		"":                    "",
		"numpy-1.26.4":        "numpy-1.26.4",
		`C:\conda "x" 'y'`:    `C:\conda "x" 'y'`,
		"é 名":                 "é 名",
		"a\nb\tc":             `a\nb\tc`,
		"\x1b[2J":             `\x1b[2J`,
		"evil\u202egpj.conda": `evil\u202egpj.conda`,
		"\xff\x80é":           `\xff\x80é`,
		"\ufffd":              `\ufffd`,
		"\u00a0":              `\u00a0`,
	} {
		if got := String(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
