package htmlreport

import (
	_ "embed" // page.css and the scripts
	"io"
	"time"

	"gclean/cache"
	"gclean/internal/markup"
	"gclean/internal/units"
	"gclean/meta/others"
)

//go:embed page.css
var css string

// The script in three parts, which share their names: the filters, the treemap that opens,
// and the tables.
var (
	//go:embed shown.js
	shownJS string
	//go:embed map.js
	mapJS string
	//go:embed tables.js
	tablesJS string

	script = "\"use strict\";\n(() => {\n" + shownJS + mapJS + tablesJS + "})();\n"
)

// withoutScript is how many of the largest entries are rows of the page, for readers
// without its script.
const withoutScript = 100

// fewRows is the number of rows up to which a table has no search.
const fewRows = 8

// The approximate maximum of tiles in a treemap, on a wide screen and on a phone.
const (
	wideTiles = 1000
	tallTiles = 250
)

// Options is what the page says in addition to the report.
type Options struct {
	Generator string // the program that made the page, with its version
	Host      string // host of the caches; "" is not shown
	Root      string // the folder that served as the root of a system; "" for /
	Command   string // the command line that made the page; "" is not shown
	Run       Run
	Others    []others.Folder // folders of packages that are reported but not cleaned
	// Message returns the text of an error; nil means error.Error.
	Message func(error) string
}

// Run says how to write commands that remove what the page shows.
type Run struct {
	All  string // removes everything that can be removed: "gclean --all"
	Base string // the same without targets, but with the flags that say where to look
	// Flags that narrow what is removed: to one cache, by last use, and to packages of one
	// name. A number of days and "d" follow OlderThan. The page does not use empty ones.
	Cache, OlderThan, Include string
	Targets                   map[cache.Category]string // the flag of each category
}

// Write writes the page. The error is that of w.
func Write(w io.Writer, r *cache.Report, o Options) error {
	if o.Message == nil {
		o.Message = error.Error
	}
	p := &page{r: r, o: o}
	return markup.Page{Title: p.title() + ", " + r.Made.Format("2006-01-02"), Style: css, Script: script}.Write(w, func(m *markup.Writer) {
		p.Writer = m
		sections := p.sections()
		p.header()
		p.contents(sections)
		p.Raw("<main>\n")
		for _, s := range sections {
			p.Open("section", attr{"aria-labelledby", s.id + "-title"})
			p.Element("h2", s.title, attr{"id", s.id + "-title"})
			s.write()
			p.Raw("</section>\n")
		}
		p.Raw("</main>\n")
		p.footer()
	})
}

// page writes the parts of a page.
type page struct {
	*markup.Writer
	r *cache.Report
	o Options
}

// section is a part of the page with a heading and a place in the list of contents.
type section struct {
	id, title string
	write     func()
}

// title returns the heading of the page.
func (p *page) title() string {
	if p.o.Host != "" {
		return "Package caches of " + p.o.Host
	}
	return "Package caches"
}

func (p *page) header() {
	p.Raw("<header>\n")
	p.Element("h1", p.title())
	p.Open("dl", attr{"class", "facts"})
	fact := func(term string, draw func()) {
		p.Raw("<div>")
		p.Element("dt", term)
		p.Open("dd")
		draw()
		p.End("dd")
		p.Raw("</div>")
	}
	fact("Made", func() {
		p.Element("time", p.r.Made.Format("2 January 2006, 15:04 MST"), attr{"datetime", p.r.Made.Format(time.RFC3339)})
	})
	if p.o.Root != "" {
		fact("Root", func() { p.Element("code", p.o.Root) })
	}
	if p.o.Command != "" {
		fact("Command", func() { p.Element("code", p.o.Command) })
	}
	fact("Version", func() { p.Text(p.o.Generator) })
	fact("Looked at", func() {
		p.Text(units.Count(len(p.r.Caches), "cache", "caches") + ", " + units.Count(len(p.r.Environments), "environment", "environments"))
	})
	p.End("dl")
	p.Raw("\n</header>\n")
}

// contents writes the list of sections.
func (p *page) contents(sections []section) {
	p.Open("nav", attr{"aria-label", "Contents"}, attr{"class", "contents"})
	p.Raw("<ul>")
	for _, s := range sections {
		p.Raw("<li>")
		p.Element("a", s.title, attr{"href", "#" + s.id + "-title"})
		p.Raw("</li>")
	}
	p.Raw("</ul>")
	p.End("nav")
	p.Raw("\n")
}

func (p *page) summary() {
	t := p.r.Total
	p.Open("dl", attr{"class", "figures"})
	for _, f := range []struct{ term, figure, note string }{
		{"On disk", units.Bytes(t.Disk), units.Count(t.Items, "entry", "entries") + ", " + units.Bytes(t.Apparent) + " in files, " + units.Count(int(t.Inodes), "inode", "inodes")},
		{"Can be freed", units.Bytes(p.r.Free.Freed), units.Count(t.Items-t.Held, "entry", "entries") + ", " + units.Count(int(p.r.Free.Inodes), "inode", "inodes")},
		{"Stays", units.Bytes(t.Disk - t.Freed), units.Count(t.Held, "entry", "entries") + " in use or kept for another reason"},
	} {
		p.Raw("<div>")
		p.Element("dt", f.term)
		p.Element("dd", f.figure, attr{"class", "figure"})
		p.Element("dd", f.note)
		p.Raw("</div>")
	}
	p.End("dl")
	if p.r.Free.Freed > 0 && p.o.Run.All != "" {
		p.Open("p", attr{"class", "run"})
		p.Text("To free " + units.Bytes(p.r.Free.Freed) + ", run: ")
		p.Element("code", p.o.Run.All)
		p.End("p")
	}
	if p.r.Doubt {
		p.Element("p", "gclean could not read everything. It keeps what the unread parts may use: see the warnings at the end.", attr{"class", "doubt-note"})
	}
	p.Element("p", "KB, MB and GB are powers of 1024, as conda prints them. Disk space counts a file with several names once. Inodes are files and folders, as df -i counts them.", attr{"class", "note"})
}

func (p *page) treemaps() {
	p.explorer()
	p.Raw("<figure id=\"drawing\">")
	p.treemap("wide", treemapOf(p.r, wideTiles), 1160, 560)
	p.treemap("tall", treemapOf(p.r, tallTiles), 400, 560)
	p.Raw("<figcaption><ul class=\"legend\">")
	for _, class := range classes {
		p.Open("li")
		p.Open("span", attr{"class", "key " + class}, attr{"aria-hidden", "true"})
		p.End("span")
		p.Text(stateWords(class))
		p.End("li")
	}
	p.Raw("</ul></figcaption></figure>\n")
}
