package htmlreport_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gclean/internal/units"
)

// tileNamed returns the selector of the first tile whose label begins with name.
func tileNamed(name string) string { return fmt.Sprintf(`#tiles button[aria-label^="%s "]`, name) }

// trail returns the open groups, from the outermost.
func (v *visit) trail() string {
	v.t.Helper()
	return eval[string](v, `[...document.querySelectorAll("#trail li")].map(e => e.textContent).join(" > ")`)
}

// text returns the text of an element.
func (v *visit) text(id string) string {
	v.t.Helper()
	return eval[string](v, fmt.Sprintf(`document.getElementById(%q).textContent`, id))
}

// opensTiles opens tiles by clicks, from all entries to one row, and goes back.
func opensTiles(t *testing.T, b context.Context) {
	v := newVisit(t, b, 1280)
	r := sample(400)
	address, _ := v.open(r)
	if got, want := v.text("shown"), fmt.Sprintf("Shown: 400 entries, %s on disk, %s of it can be freed.", units.Bytes(r.Total.Disk), units.Bytes(r.Total.Freed)); got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	v.do(chromedp.Click(chromedp.CSS(tileNamed("/opt/conda/pkgs"))))
	if got := v.trail(); got != "All > /opt/conda/pkgs" {
		t.Errorf("open is %s", got)
	}
	if got := v.column("entries", 10); len(got) != 50 || slices.Contains(got, "/home/<b>/pkgs") {
		t.Errorf("%d rows, of %q", len(got), slices.Compact(got))
	}
	v.do(chromedp.Click(chromedp.CSS(tileNamed("extracted packages"))))
	if got := v.trail(); got != "All > /opt/conda/pkgs > extracted packages" {
		t.Errorf("open is %s", got)
	}
	v.do(chromedp.Click(chromedp.CSS(tileNamed("package00022"))))
	if got := eval[string](v, `document.activeElement.cells[0].textContent`); got != "package00022-1.0-0" {
		t.Errorf("the row of %s has the focus", got)
	}
	if got := v.text("shown"); !strings.HasPrefix(got, "Shown: 1 entry in /opt/conda/pkgs, extracted packages that match “package00022-1.0-0”, ") {
		t.Errorf("it says %q", got)
	}
	v.do(chromedp.KeyEvent(kb.Escape))
	if got := eval[string](v, `document.activeElement.getAttribute("aria-label") || ""`); !strings.HasPrefix(got, "package00022 ") {
		t.Errorf("Escape leads to %q", got)
	}
	if got := v.column("entries", 0); len(got) != 50 {
		t.Errorf("%d rows after Escape", len(got))
	}
	// A filter hides held entries in both.
	v.do(chromedp.Click(chromedp.CSS("#trail button")))
	v.do(chromedp.Click(chromedp.CSS(`[data-filter="held"]`)))
	if got := eval[int](v, `document.querySelectorAll("#tiles .held").length`); got != 0 {
		t.Errorf("%d tiles are held", got)
	}
	if got := v.column("entries", 3); slices.Contains(got, "held") || !slices.Contains(got, "free") {
		t.Errorf("states %q", got)
	}
	// The filter stays in the legends of other colours, so that the user can remove it.
	eval[bool](v, `document.getElementById("color-by").value = "age", document.getElementById("color-by").dispatchEvent(new Event("change"))`)
	v.do(chromedp.Click(chromedp.CSS(`[data-filter="held"]`)))
	if got := v.text("shown"); !strings.HasPrefix(got, "Shown: 400 entries, ") {
		t.Errorf("it says %q", got)
	}
	eval[bool](v, `document.getElementById("color-by").value = "state", document.getElementById("color-by").dispatchEvent(new Event("change"))`)
	// Every way to group shows every entry.
	for _, group := range []string{"owner", "environment", "name", "age", "cache"} {
		eval[bool](v, fmt.Sprintf(`document.getElementById("group-by").value = %q, document.getElementById("group-by").dispatchEvent(new Event("change"))`, group))
		if got := v.text("shown"); !strings.HasPrefix(got, "Shown: 400 entries, ") {
			t.Errorf("by %s: %q", group, got)
		}
		if got := eval[int](v, `document.querySelectorAll("#tiles button").length`); got < 10 {
			t.Errorf("by %s: %d tiles", group, got)
		}
	}
	v.finish(address)
}

// opensTilesByKeys does the same by keyboard.
func opensTilesByKeys(t *testing.T, b context.Context) {
	v := newVisit(t, b, 1280)
	address, _ := v.open(sample(400))
	eval[bool](v, `document.querySelector('#tiles [tabindex="0"]').focus() === undefined`)
	at := func() string { return eval[string](v, `document.activeElement.getAttribute("aria-label") || ""`) }
	first := at()
	v.do(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowDown))
	if got := at(); got == first || got == "" {
		t.Errorf("arrows lead from %q to %q", first, got)
	}
	v.do(chromedp.KeyEvent(kb.Home))
	if got := at(); got != first {
		t.Errorf("Home leads to %q, want %q", got, first)
	}
	v.do(chromedp.KeyEvent(kb.Enter))
	if got := v.trail(); !strings.HasPrefix(got, "All > ") {
		t.Errorf("Enter opened %q", got)
	}
	if got := at(); got == "" {
		t.Error("the focus is on no tile")
	}
	v.do(chromedp.KeyEvent(kb.Escape))
	if got := v.trail(); got != "All" {
		t.Errorf("Escape leads to %q", got)
	}
	if got := eval[int](v, `document.querySelectorAll('#tiles [tabindex="0"]').length`); got != 1 {
		t.Errorf("Tab stops at %d tiles, want 1", got)
	}
	v.finish(address)
}

// saysWhatToRun compares the command with the entries shown.
func saysWhatToRun(t *testing.T, b context.Context) {
	v := newVisit(t, b, 1280)
	address, _ := v.open(sample(400))
	says := func(want string) {
		t.Helper()
		if got := v.text("run-command"); got != want {
			t.Errorf("the command is %q, want %q", got, want)
		}
	}
	says("gclean --everything")
	v.do(chromedp.Click(chromedp.CSS(tileNamed("/opt/conda/pkgs"))))
	says("gclean --everything --cache /opt/conda/pkgs")
	v.do(chromedp.Click(chromedp.CSS(tileNamed("extracted packages"))))
	says("gclean --extracted --cache /opt/conda/pkgs")
	v.do(chromedp.Click(chromedp.CSS("#trail button")))
	v.do(chromedp.SendKeys(chromedp.CSS("#entries-search"), "package00021-"))
	says("gclean --extracted --cache '/home/<b>/pkgs' --only package00021")
	if got := v.text("run-words"); got != "To remove 1 entry and free 1.5 MB, run: " {
		t.Errorf("it says %q", got)
	}
	eval[bool](v, `document.querySelector("#entries-search").value = "", document.querySelector("#entries-search").dispatchEvent(new Event("input"))`)
	// A name that could be a pattern is not used for the flag.
	v.do(chromedp.SendKeys(chromedp.CSS("#entries-search"), "<script>document"))
	says("gclean --archives --cache /opt/conda/pkgs")
	eval[bool](v, `document.querySelector("#entries-search").value = "", document.querySelector("#entries-search").dispatchEvent(new Event("input"))`)
	eval[bool](v, `document.getElementById("group-by").value = "age", document.getElementById("group-by").dispatchEvent(new Event("change"))`)
	v.do(chromedp.Click(chromedp.CSS(tileNamed("7 to 30 days"))))
	says("gclean --archives --extracted --older 7d")
	v.do(chromedp.Click(chromedp.CSS("#trail button")), chromedp.Click(chromedp.CSS(`[data-filter="free"]`)))
	says("")
	if got := v.text("run-words"); got != "Nothing that is shown can be removed." {
		t.Errorf("it says %q", got)
	}
	v.finish(address)
}
