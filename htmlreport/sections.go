package htmlreport

import (
	"strconv"
	"strings"

	"gclean/cache"
	"gclean/internal/order"
	"gclean/internal/units"
)

// sections returns the parts of the page in order, without empty ones.
func (p *page) sections() []section {
	list := []section{{"summary", "Summary", p.summary}}
	add := func(has bool, id, title string, write func(id, title string)) {
		if has {
			list = append(list, section{id, title, func() { write(id, title) }})
		}
	}
	r := p.r
	add(r.Total.Disk > 0, "map", "Disk space", func(_, _ string) { p.treemaps() })
	add(len(r.Hosts) > 0, "hosts", "Hosts", p.hosts)
	add(len(r.Caches) > 0, "caches", "Caches", p.caches)
	add(len(r.Categories) > 0, "categories", "Categories", p.categories)
	add(len(r.Owners) > 0, "owners", "Owners", p.owners)
	add(len(r.Environments) > 0, "environments", "Environments", p.environments)
	add(len(r.Names) > 0, "names", "Packages by name", p.names)
	add(len(r.Duplicates) > 0, "duplicates", "In several caches", p.duplicates)
	add(len(r.Items) > 0, "entries", "All entries", p.entries)
	add(len(p.o.Others) > 0, "others", "Other folders of packages", p.others)
	add(len(r.Problems) > 0, "warnings", "Warnings", p.problems)
	return list
}

var tallyColumns = []column{{"On disk", true}, {"Can be freed", true}, {"Size", true}, {"Entries", true}, {"Held", true}, {"Inodes freed", true}}

func tallyCells(t cache.Tally) []cell {
	return []cell{bytes(t.Disk), bytes(t.Freed), bytes(t.Apparent), number(t.Items), number(t.Held), number(int(t.FreedInodes))}
}

func withTally(first ...column) []column { return append(first, tallyColumns...) }

// sum returns the row of totals, with empty cells up to n.
func (p *page) sum(n int) []cell {
	row := append([]cell{words("Total")}, tallyCells(p.r.Total)...)
	for len(row) < n {
		row = append(row, words(""))
	}
	return row
}

func (p *page) environments(id, title string) {
	var most int64
	var used, empty []cache.EnvironmentUse
	for _, e := range p.r.Environments {
		most = max(most, e.Alone.Freed+e.Shared.Freed)
		if e.Packages == 0 && e.Err == nil {
			empty = append(empty, e)
		} else {
			used = append(used, e)
		}
	}
	if len(used) > 0 {
		p.table(grid{
			id: id, title: title,
			note:    "How much of the caches each environment uses. Alone is what no other environment uses.",
			columns: []column{{"Environment", false}, {"Alone", true}, {"Shared", true}, {"Packages", true}, {"Alone and shared", false}},
			rows:    len(used),
			row: func(i int) []cell {
				e := used[i]
				packages := number(e.Packages)
				if e.Err != nil {
					packages = cell{Text: "unreadable", Value: "-1", Class: "doubt-text"}
				}
				return []cell{
					p.path(e.Prefix), bytes(e.Alone.Freed), bytes(e.Shared.Freed), packages,
					{Value: strconv.FormatInt(e.Alone.Freed+e.Shared.Freed, 10), Draw: func() { p.bar(e.Alone.Freed, e.Shared.Freed, most) }},
				}
			},
		})
	}
	if len(empty) == 0 {
		return
	}
	order.By(empty, func(a, b cache.EnvironmentUse) int { return strings.Compare(a.Prefix, b.Prefix) })
	p.Open("details")
	verb := "use"
	if len(empty) == 1 {
		verb = "uses"
	}
	p.Element("summary", units.Count(len(empty), "environment", "environments")+" "+verb+" nothing of these caches")
	p.Open("ul", attr{"class", "paths"})
	for _, e := range empty {
		p.Element("li", e.Prefix)
	}
	p.End("ul", "details")
	p.Raw("\n")
}

func (p *page) categories(id, title string) {
	p.table(grid{
		id: id, title: title, columns: withTally(column{"Category", false}), rows: len(p.r.Categories), total: p.sum(0),
		row: func(i int) []cell {
			c := p.r.Categories[i]
			return append([]cell{words(c.Category.Plural())}, tallyCells(c.Tally)...)
		},
	})
}

func (p *page) caches(id, title string) {
	columns := append(withTally(column{"Cache", false}), column{"Available", true}, column{"Family", false})
	p.table(grid{
		id: id, title: title, columns: columns, rows: len(p.r.ByCache), total: p.sum(len(columns)),
		note: "Available is the free space of the file system.",
		row: func(i int) []cell {
			c := p.r.ByCache[i]
			loc := p.r.Caches[c.Cache]
			family := loc.Family.String()
			if loc.ReadOnly != nil {
				family += ", read-only"
			}
			return append(append([]cell{p.path(loc.Path)}, tallyCells(c.Tally)...), bytes(c.FSFree), cell{Text: family, Class: "short"})
		},
	})
}

// hosts writes the table of hosts, for a report merged from several.
func (p *page) hosts(id, title string) {
	p.table(grid{
		id: id, title: title, columns: withTally(column{"Host", false}), rows: len(p.r.Hosts), total: p.sum(0),
		note: "Caches that several hosts share have lines of their own, and count once.",
		row: func(i int) []cell {
			h := p.r.Hosts[i]
			return append([]cell{words(h.Host)}, tallyCells(h.Tally)...)
		},
	})
}

func (p *page) owners(id, title string) {
	p.table(grid{
		id: id, title: title, columns: withTally(column{"User", false}), rows: len(p.r.Owners), total: p.sum(0),
		row: func(i int) []cell {
			o := p.r.Owners[i]
			return append([]cell{words(o.User)}, tallyCells(o.Tally)...)
		},
	})
}

func (p *page) names(id, title string) {
	p.table(grid{
		id: id, title: title, rows: len(p.r.Names),
		note:    "A package is used when a file in it is linked, unlinked or written.",
		columns: append(withTally(column{"Package", false}), column{"Versions", true}, column{"Builds", true}, column{"Oldest use", true}, column{"Last use", true}),
		row: func(i int) []cell {
			n := p.r.Names[i]
			return append(append([]cell{words(n.Name)}, tallyCells(n.Tally)...), number(n.Versions), number(n.Builds), day(n.Oldest), day(n.Newest))
		},
	})
}

func (p *page) duplicates(id, title string) {
	p.table(grid{
		id: id, title: title, rows: len(p.r.Duplicates),
		note:    "Extra is the disk space of all copies but the largest.",
		columns: []column{{"Distribution", false}, {"Extra", true}, {"Size", true}, {"Caches", true}},
		row: func(i int) []cell {
			d := p.r.Duplicates[i]
			return []cell{words(d.Dist), bytes(d.Extra), bytes(d.Apparent), number(len(d.Caches))}
		},
	})
}

func (p *page) others(id, title string) {
	p.table(grid{
		id: id, title: title, rows: len(p.o.Others),
		note:    p.o.Generator + " does not clean these folders unless you name them.",
		columns: []column{{"Folder", false}, {"On disk", true}, {"Size", true}, {"Inodes", true}, {"Kind", false}},
		row: func(i int) []cell {
			f := p.o.Others[i]
			kind := f.Kind.String()
			if f.Err != nil {
				kind += ", partly unreadable"
			}
			return []cell{p.path(f.Path), bytes(f.Usage.Disk), bytes(f.Usage.Apparent), number(int(f.Usage.Inodes)), words(kind)}
		},
	})
}

func (p *page) problems(_, _ string) {
	p.Raw("<ul class=\"warnings\">")
	for _, x := range p.r.Problems {
		p.Element("li", p.o.Message(x.Err))
	}
	p.Raw("</ul>\n")
}

func (p *page) footer() {
	p.Open("footer")
	p.Element("p", "This page was made by "+p.o.Generator+". It changes nothing and loads nothing from elsewhere.")
	p.End("footer")
	p.Raw("\n")
}
