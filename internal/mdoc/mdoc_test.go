package mdoc

import "testing"

func TestTextIsNotAMacro(t *testing.T) {
	var p Page
	p.Text(".Xr is none. Nor is\n'this'; \\fB too. --help")
	if got, want := p.String(), "\\&.Xr is none.\nNor is 'this'; \\efB too. \\-\\-help\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.Reset()
	p.Macro("Nd", `"quoted" \x`)
	if got, want := p.String(), ".Nd \"\"\"quoted\"\" \\ex\"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
