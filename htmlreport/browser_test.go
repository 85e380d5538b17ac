package htmlreport_test

import (
	"bytes"
	"context"
	_ "embed" // accessibility_test.js
	"fmt"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"gclean/cache"
	"gclean/internal/units"
)

//go:embed testdata/accessibility.js
var accessibility string

// browser starts one Chromium for all tests in this file, because that takes seconds.
func browser(t *testing.T) context.Context {
	t.Helper()
	if os.Getenv("GCLEAN_BROWSER") == "" {
		t.Skip("GCLEAN_BROWSER is not set: no browser is started")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not installed: apt-get install chromium")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 6*time.Minute)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// visit is a page in a tab, with the messages of the browser about it.
type visit struct {
	t        *testing.T
	ctx      context.Context
	mu       sync.Mutex
	requests []string
	errors   []string
}

// newVisit opens a tab of width x 900.
func newVisit(t *testing.T, browser context.Context, width int64) *visit {
	t.Helper()
	v := &visit{t: t}
	ctx, stop := chromedp.NewContext(browser, chromedp.WithListener(v.listen))
	t.Cleanup(stop)
	v.ctx = ctx
	command(v, network.Enable, network.EnableParams{})
	v.do(chromedp.EmulateViewport(width, 900))
	return v
}

func (v *visit) listen(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		v.requests = append(v.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		v.errors = append(v.errors, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		v.errors = append(v.errors, fmt.Sprint(e.Type))
	case *log.EventEntryAdded:
		v.errors = append(v.errors, e.Entry.Text)
	}
}

// command sends a command of the protocol.
func command[P, R any](v *visit, c cdp.Command[P, R], params P) {
	v.t.Helper()
	if _, err := chromedp.Call(v.ctx, c, params); err != nil {
		v.t.Fatal(err)
	}
}

func (v *visit) do(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, actions...); err != nil {
		v.t.Fatal(err)
	}
}

// open opens the page of r. It returns its URL, and how long it took until the script was
// done.
func (v *visit) open(r *cache.Report) (string, time.Duration) {
	v.t.Helper()
	path := filepath.Join(v.t.TempDir(), "report.html")
	if err := os.WriteFile(path, write(v.t, r), 0o644); err != nil {
		v.t.Fatal(err)
	}
	address := (&url.URL{Scheme: "file", Path: path}).String()
	start := time.Now()
	v.do(chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS(`html[data-ready]`)))
	return address, time.Since(start)
}

// eval returns the value of an expression of JavaScript.
func eval[T any](v *visit, expression string) T {
	v.t.Helper()
	return result(v, chromedp.Evaluate[T](expression))
}

func result[T any](v *visit, action chromedp.Action[T]) T {
	v.t.Helper()
	got, err := chromedp.Run(v.ctx, action)
	if err != nil {
		v.t.Fatal(err)
	}
	return got
}

// column returns the cells of a column of a table, from the top.
func (v *visit) column(table string, n int) []string {
	v.t.Helper()
	return eval[[]string](v, fmt.Sprintf(`[...document.querySelectorAll("#%s tbody tr")].filter(r => !r.hidden).map(r => r.cells[%d].textContent)`, table, n))
}

// finish checks that only the page was loaded, and that nothing failed.
func (v *visit) finish(address string) {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range v.requests {
		if r != address && r != "data:," {
			v.t.Errorf("the page asked for %s", r)
		}
	}
	if len(v.requests) == 0 {
		v.t.Error("not even the page was asked for: nobody listened")
	}
	for _, e := range v.errors {
		v.t.Errorf("the console has: %s", e)
	}
}

func TestBrowser(t *testing.T) {
	b := browser(t)
	t.Run("sort and search", func(t *testing.T) { sortAndSearch(t, b) })
	for _, width := range []int64{1280, 768, 390} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("looks %d %s", width, scheme), func(t *testing.T) { looks(t, b, width, scheme) })
		}
	}
	t.Run("treemap", func(t *testing.T) { opensTiles(t, b) })
	t.Run("treemap by keys", func(t *testing.T) { opensTilesByKeys(t, b) })
	t.Run("command", func(t *testing.T) { saysWhatToRun(t, b) })
	t.Run("20,000 entries", func(t *testing.T) { opensQuickly(t, b) })
}

func sortAndSearch(t *testing.T, b context.Context) {
	v := newVisit(t, b, 1280)
	r := sample(600)
	address, _ := v.open(r)
	click := func(table string, column int) string {
		head := fmt.Sprintf("#%s thead th:nth-child(%d)", table, column+1)
		v.do(chromedp.Click(chromedp.CSS(head + " button")))
		return eval[string](v, fmt.Sprintf(`document.querySelector(%q).ariaSort`, head))
	}
	clear := func() {
		eval[bool](v, `document.querySelector("#entries-search").value = "", document.querySelector("#entries-search").dispatchEvent(new Event("input"))`)
	}
	// Rows that are in the page.
	if got := v.column("names", 0); len(got) != 50 {
		t.Errorf("%d names are shown at first", len(got))
	}
	v.do(chromedp.Click(chromedp.CSS("#names-title ~ .more")))
	if got := click("names", 0); got != "ascending" {
		t.Errorf("aria-sort is %q", got)
	}
	names := v.column("names", 0)
	if len(names) != 600 || !slices.IsSortedFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }) {
		t.Errorf("%d names, not in order: %q", len(names), names[:min(len(names), 20)])
	}
	if got := click("names", 0); got != "descending" {
		t.Errorf("aria-sort is %q", got)
	}
	slices.Reverse(names)
	if again := v.column("names", 0); !slices.Equal(again[len(hostile):100], names[len(hostile):100]) {
		t.Errorf("the other way round: %q, want %q", again[:20], names[:20])
	}
	click("names", 3) // bytes are sorted as numbers, the largest first
	if got := v.column("names", 0)[len(hostile)]; got != "package00599" && got != fmt.Sprintf("package%05d", 599-len(hostile)) {
		t.Errorf("%s has the size in that place", got)
	}
	v.do(chromedp.SendKeys(chromedp.CSS("#names-search"), "PACKAGE0059"))
	if got := v.column("names", 0); len(got) != 10 {
		t.Errorf("found %q", got)
	}
	if got := eval[string](v, `document.getElementById("names-count").textContent`); got != "10 of 600" {
		t.Errorf("it says %q", got)
	}
	// Rows that are data.
	if got := v.column("entries", 0); len(got) != 50 || got[len(hostile)] != fmt.Sprintf("package%05d-1.0-0", len(hostile)) {
		t.Errorf("%d entries, %q", len(got), got[:min(len(got), 20)])
	}
	click("entries", 1)
	click("entries", 1) // the smallest first
	if got := v.column("entries", 0); got[0] != "package00599-1.0-0" {
		t.Errorf("the least is %s", got[0])
	}
	v.do(chromedp.SendKeys(chromedp.CSS("#entries-search"), "package0003"))
	if got := v.column("entries", 0); len(got) != 10 || got[0] != "package00039-1.0-0" {
		t.Errorf("found %q", got)
	}
	clear()
	v.do(chromedp.SendKeys(chromedp.CSS("#entries-search"), "<script>"))
	if got := v.column("entries", 0); len(got) != 2 {
		t.Errorf("found %q", got)
	}
	clear()
	v.do(chromedp.Click(chromedp.CSS("#entries-title ~ .more")))
	if got := v.column("entries", 0); len(got) != 600 {
		t.Errorf("%d of 600 after a click on more", len(got))
	}
	// Sizes are as Go prints them.
	want := map[string]string{}
	for _, it := range r.Items {
		want[it.Entry.Name] = units.Bytes(it.Entry.Usage.Apparent)
	}
	sizes := v.column("entries", 6)
	for i, name := range v.column("entries", 0) {
		if size, ok := want[name]; ok && size != sizes[i] {
			t.Errorf("%s has %s, want %s", name, sizes[i], size)
		}
	}
	if got := eval[string](v, `document.title`); got != "Package caches of host<1>, 2026-11-24" {
		t.Errorf("the title is %q", got)
	}
	v.finish(address)
}

func looks(t *testing.T, b context.Context, width int64, scheme string) {
	v := newVisit(t, b, width)
	command(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	address, _ := v.open(sample(400))
	if over := eval[int](v, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		t.Errorf("the page is %d pixels wider than the screen", over)
	}
	shot := result(v, chromedp.FullScreenshot(100))
	img, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	colors := map[[3]uint32]bool{}
	for y := 0; y < min(img.Bounds().Dy(), 1500); y += 3 {
		for x := 0; x < img.Bounds().Dx(); x += 3 {
			r, g, b, _ := img.At(x, y).RGBA()
			colors[[3]uint32{r, g, b}] = true
		}
	}
	if len(colors) < 20 {
		t.Errorf("%d colours: the page is blank", len(colors))
	}
	if dir := os.Getenv("GCLEAN_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("report-%d-%s.png", width, scheme)), shot, 0o644); err != nil {
			t.Error(err)
		}
	}
	for _, color := range []string{"state", "age"} {
		eval[bool](v, fmt.Sprintf(`document.getElementById("color-by").value = %q, document.getElementById("color-by").dispatchEvent(new Event("change"))`, color))
		for _, fault := range eval[[]string](v, accessibility) {
			t.Errorf("by %s: %s", color, fault)
		}
		tiles := eval[[]string](v, `[...new Set([...document.querySelectorAll("#tiles .tile:not(.group)")].map(e => getComputedStyle(e).backgroundColor))]`)
		if len(tiles) < 2 {
			t.Errorf("by %s: all tiles are %q", color, tiles)
		}
	}
	if path := os.Getenv("GCLEAN_AXE"); path != "" {
		axe, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// The policy of the page lets no script in; the browser's own may.
		eval[string](v, string(axe)+"; axe.version")
		violations := result(v, chromedp.Evaluate[[]string](`axe.run().then(r => r.violations.map(x => x.id + ": " + x.nodes.slice(0, 3).map(n => n.html.slice(0, 150)).join(" | ")))`, chromedp.EvalAwaitPromise))
		for _, x := range violations {
			t.Errorf("axe: %s", x)
		}
	}
	v.finish(address)
}

// opensQuickly checks the time that a large page takes: 20,000 entries open in a second,
// and a group of them within 100 ms.
func opensQuickly(t *testing.T, b context.Context) {
	r := sample(20000)
	best, zoom := time.Hour, 1e9
	for range 3 {
		v := newVisit(t, b, 1280)
		address, took := v.open(r)
		best = min(best, took)
		v.do(chromedp.WaitReady(chromedp.CSS("#tiles button")))
		for range 3 {
			// Until it is laid out.
			zoom = min(zoom, eval[float64](v, `(() => { const t = performance.now(); document.querySelector("#tiles button").click(); document.body.offsetHeight; const took = performance.now() - t; document.querySelector("#trail button").click(); return took; })()`))
		}
		v.finish(address)
	}
	t.Logf("opened in %v, a group in %.0f ms", best, zoom)
	if best > time.Second {
		t.Errorf("it took %v", best)
	}
	if zoom > 100 {
		t.Errorf("a group took %.0f ms", zoom)
	}
}
