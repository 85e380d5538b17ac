package htmlreport

import (
	"crypto/sha256"
	_ "embed" // page.css and page.js
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strconv"
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
		if class == cache.StateAside.String() && !slices.ContainsFunc(p.r.Items, func(it *cache.Item) bool { return it.State == cache.StateAside }) {
			continue // most have none
		}
		p.open("li")
		p.open("span", attr{"class", "key " + class}, attr{"aria-hidden", "true"})
		p.end("span")
		p.text(p.o.stateWords(class))
		p.end("li")
	}
	p.raw("</ul></figcaption></figure>\n</section>\n")
}

// column is one of a table.
type column struct {
	title  string
	number bool
}

// cell is what is in one: value is what it is sorted by, where that is not the
// text.
type cell struct {
	text  string
	value string
	class string
	draw  func()
}

func words(s string) cell { return cell{text: s} }
func bytes(n int64) cell  { return cell{text: units.Bytes(n), value: strconv.FormatInt(n, 10)} }
func number(n int) cell   { return cell{text: strconv.Itoa(n), value: strconv.Itoa(n)} }
func day(t time.Time) cell {
	return cell{text: t.Format("2006-01-02"), value: strconv.FormatInt(t.Unix(), 10)}
}

// table writes a section with a table: rows yields them. The first column names
// the row.
func (p *page) table(id, title, note string, columns []column, rows int, row func(i int) []cell) {
	p.open("section", attr{"aria-labelledby", id + "-title"})
	p.element("h2", title, attr{"id", id + "-title"})
	if note != "" {
		p.element("p", note, attr{"class", "note"})
	}
	if rows > fewRows {
		p.search(id, title)
	}
	p.open("div", attr{"class", "scroll"}, attr{"tabindex", "0"}, attr{"role", "group"}, attr{"aria-labelledby", id + "-title"})
	p.open("table", attr{"id", id})
	p.element("caption", title, attr{"class", "hidden"})
	p.raw("<thead><tr>")
	for _, c := range columns {
		class := "words"
		if c.number {
			class = "number"
		}
		p.element("th", c.title, attr{"scope", "col"}, attr{"class", class})
	}
	p.raw("</tr></thead>\n<tbody>\n")
	for i := range rows {
		p.raw("<tr>")
		for k, c := range row(i) {
			var attrs []attr
			if c.value != "" {
				attrs = append(attrs, attr{"data-value", c.value})
			}
			class := c.class
			if columns[k].number {
				class = "number " + class
			}
			if class != "" {
				attrs = append(attrs, attr{"class", class})
			}
			name := "td"
			if k == 0 {
				name = "th"
				attrs = append(attrs, attr{"scope", "row"})
			}
			p.open(name, attrs...)
			if c.draw != nil {
				c.draw()
			}
			p.text(c.text)
			p.end(name)
		}
		p.raw("</tr>\n")
	}
	p.raw("</tbody></table></div>\n</section>\n")
}

// search writes the field that the script shows.
func (p *page) search(id, title string) {
	p.open("div", attr{"class", "search"}, attr{"hidden", ""})
	p.element("label", "Search in "+title, attr{"for", id + "-search"})
	p.open("input", attr{"id", id + "-search"}, attr{"type", "search"}, attr{"autocomplete", "off"}, attr{"data-table", id})
	p.element("output", "", attr{"id", id + "-count"}, attr{"for", id + "-search"})
	p.raw("</div>\n")
}

var tallyColumns = []column{{"Entries", true}, {"Held", true}, {"Size", true}, {"On disk", true}, {"Free now", true}, {"Inodes freed", true}}

func tallyCells(t cache.Tally) []cell {
	return []cell{number(t.Items), number(t.Held), bytes(t.Apparent), bytes(t.Disk), bytes(t.Freed), number(int(t.FreedInodes))}
}

func withTally(first ...column) []column { return append(first, tallyColumns...) }

func (p *page) environments() {
	list := p.r.Environments
	if len(list) == 0 {
		return
	}
	var most int64
	for _, e := range list {
		most = max(most, e.Alone.Freed+e.Shared.Freed)
	}
	p.table("environments", "Environments", "Packages of the caches. A bar has what the environment uses alone, then what it shares with others.",
		[]column{{"Environment", false}, {"Uses", false}, {"Packages", true}, {"Alone", true}, {"Shared", true}},
		len(list), func(i int) []cell {
			e := list[i]
			packages := number(e.Packages)
			if e.Err != nil {
				packages = cell{text: "unreadable", value: "-1", class: "doubt-text"}
			}
			return []cell{
				words(e.Prefix),
				{value: strconv.FormatInt(e.Alone.Freed+e.Shared.Freed, 10), draw: func() { p.bar(e.Alone.Freed, e.Shared.Freed, most) }},
				packages, bytes(e.Alone.Freed), bytes(e.Shared.Freed),
			}
		})
}

func (p *page) categories() {
	p.table("categories", "Categories", "", withTally(column{"Category", false}), len(p.r.Categories), func(i int) []cell {
		c := p.r.Categories[i]
		return append([]cell{words(c.Category.String())}, tallyCells(c.Tally)...)
	})
}

func (p *page) caches() {
	p.table("caches", "Caches", "", append(withTally(column{"Cache", false}), column{"Family", false}, column{"Available", true}), len(p.r.ByCache), func(i int) []cell {
		c := p.r.ByCache[i]
		loc := p.r.Caches[c.Cache]
		family := loc.Family.String()
		if loc.ReadOnly != nil {
			family += ", read-only"
		}
		return append(append([]cell{words(loc.Path)}, tallyCells(c.Tally)...), words(family), bytes(c.FSFree))
	})
}

func (p *page) owners() {
	p.table("owners", "Owners", "", withTally(column{"User", false}), len(p.r.Owners), func(i int) []cell {
		o := p.r.Owners[i]
		return append([]cell{words(o.User)}, tallyCells(o.Tally)...)
	})
}

func (p *page) names() {
	columns := append(withTally(column{"Package", false}, column{"Versions", true}, column{"Builds", true}), column{"Oldest use", true}, column{"Last use", true})
	p.table("names", "Packages by name", "The last use is when a file in it was last linked, unlinked or written.", columns, len(p.r.Names), func(i int) []cell {
		n := p.r.Names[i]
		return append(append([]cell{words(n.Name), number(n.Versions), number(n.Builds)}, tallyCells(n.Tally)...), day(n.Oldest), day(n.Newest))
	})
}

func (p *page) duplicates() {
	list := p.r.Duplicates
	if len(list) == 0 {
		return
	}
	p.table("duplicates", "In several caches", "Extra is what is on disk beside the largest copy.",
		[]column{{"Package", false}, {"Caches", true}, {"Size", true}, {"Extra", true}}, len(list), func(i int) []cell {
			d := list[i]
			return []cell{words(d.Dist), number(len(d.Caches)), bytes(d.Apparent), bytes(d.Extra)}
		})
}

func (p *page) problems() {
	if len(p.r.Problems) == 0 {
		return
	}
	p.raw("<section aria-labelledby=\"warnings\">\n")
	p.element("h2", "Warnings", attr{"id", "warnings"})
	p.raw("<ul class=\"warnings\">")
	for _, x := range p.r.Problems {
		p.element("li", p.o.Message(x.Err))
	}
	p.raw("</ul>\n</section>\n")
}

func (p *page) footer() {
	p.open("footer")
	p.element("p", fmt.Sprintf("Made by %s. Nothing was changed, and nothing is loaded from elsewhere.", p.o.Generator))
	p.end("footer")
	p.raw("\n")
}
