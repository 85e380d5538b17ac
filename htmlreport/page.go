package htmlreport

import (
	"crypto/sha256"
	_ "embed" // page.css and page.js
	"encoding/base64"
	"io"
	"time"

	"gclean/cache"
	"gclean/internal/units"
)

//go:embed page.css
var css string

//go:embed page.js
var script string

// withoutScript is how many of the largest entries are in the page for readers
// without its script.
const withoutScript = 100

// fewRows are seen at a glance: no search.
const fewRows = 8

// How many tiles a treemap has at most, about: on a wide screen and on a phone.
const (
	wideTiles = 1000
	tallTiles = 250
)

// Options are what a page says that is not in the report.
type Options struct {
	Generator string // what made the page, with its version
	CleanAll  string // the command that removes what is free
	// Message is an error in words; nil is its own text.
	Message func(error) string
}

// Write writes the page. The error is that of w.
func Write(w io.Writer, r *cache.Report, o Options) error {
	if o.Message == nil {
		o.Message = error.Error
	}
	m := newMarkup(w)
	m.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	m.open("meta", attr{"http-equiv", "Content-Security-Policy"}, attr{"content", "default-src 'none'; style-src " + hash(css) + "; script-src " + hash(script) + "; img-src data:; base-uri 'none'; form-action 'none'"})
	m.raw("\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n")
	m.element("title", "Package caches, "+r.Made.Format("2006-01-02"))
	m.raw("\n<style>" + css + "</style>\n</head>\n<body>\n")
	p := &page{markup: m, r: r, o: o}
	p.header()
	m.raw("<main>\n")
	p.summary()
	p.treemaps()
	p.environments()
	p.categories()
	p.caches()
	p.owners()
	p.names()
	p.duplicates()
	p.entries()
	p.problems()
	m.raw("</main>\n")
	p.footer()
	m.raw("<script>" + script + "</script>\n</body>\n</html>\n")
	return m.w.Flush()
}

// hash is the source expression of an inline style or script (CSP 3).
func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// page writes the parts of a page.
type page struct {
	*markup
	r *cache.Report
	o Options
}

func (p *page) header() {
	p.raw("<header>\n")
	p.element("h1", "Package caches")
	p.open("p")
	p.text("As they were on ")
	p.element("time", p.r.Made.Format("2 January 2006, 15:04 MST"), attr{"datetime", p.r.Made.Format(time.RFC3339)})
	p.text(". " + units.Count(len(p.r.Caches), "cache", "caches") + ", " + units.Count(len(p.r.Environments), "environment", "environments") + " known.")
	p.end("p")
	p.raw("\n</header>\n")
}

func (p *page) summary() {
	t := p.r.Total
	p.raw("<section aria-labelledby=\"summary\">\n")
	p.element("h2", "In short", attr{"id", "summary"})
	p.open("dl", attr{"class", "figures"})
	for _, f := range []struct{ term, figure, note string }{
		{"On disk", units.Bytes(t.Disk), units.Count(t.Items, "entry", "entries") + ", " + units.Bytes(t.Apparent) + " in files, " + units.Count(int(t.Inodes), "inode", "inodes")},
		{"Free now", units.Bytes(p.r.Free.Freed), "what " + p.o.CleanAll + " gives back: " + units.Count(t.Items-t.Held, "entry", "entries") + ", " + units.Count(int(p.r.Free.Inodes), "inode", "inodes")},
		{"Stays", units.Bytes(t.Disk - t.Freed), units.Count(t.Held, "entry", "entries") + " held, or linked elsewhere too"},
	} {
		p.raw("<div>")
		p.element("dt", f.term)
		p.element("dd", f.figure, attr{"class", "figure"})
		p.element("dd", f.note)
		p.raw("</div>")
	}
	p.end("dl")
	if p.r.Doubt {
		p.element("p", "Not all could be read: what is in doubt counts as held. See the warnings at the end.", attr{"class", "doubt-note"})
	}
	p.element("p", "KB, MB and GB are powers of 1024, as conda prints them. On disk counts blocks, a file with several names once. Inodes are files and folders, as df -i counts them.", attr{"class", "note"})
	p.raw("</section>\n")
}

func (p *page) treemaps() {
	if p.r.Total.Disk == 0 {
		return
	}
	p.raw("<section aria-labelledby=\"map\">\n")
	p.element("h2", "What takes up the space", attr{"id", "map"})
	p.raw("<figure>")
	p.treemap("wide", treemapOf(p.r, wideTiles), 1160, 560)
	p.treemap("tall", treemapOf(p.r, tallTiles), 400, 560)
	p.raw("<figcaption><ul class=\"legend\">")
	for _, class := range classes {
		p.open("li")
		p.open("span", attr{"class", "key " + class}, attr{"aria-hidden", "true"})
		p.end("span")
		p.text(p.o.stateWords(class))
		p.end("li")
	}
	p.raw("</ul></figcaption></figure>\n</section>\n")
}
