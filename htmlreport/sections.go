package htmlreport

import (
	"fmt"
	"strconv"

	"gclean/cache"
)

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
