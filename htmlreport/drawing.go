package htmlreport

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"gclean/cache"
	"gclean/internal/units"
	"gclean/internal/visible"
)

// classes are the CSS classes of tiles and bars, named after the states of entries.
var classes = []string{"free", "held", "kept", "doubt", "quarantined"}

// stateWords returns the legend of a class.
func stateWords(class string) string {
	switch class {
	case "free":
		return "free: nothing uses it"
	case "held":
		return "held: something uses it"
	case "kept":
		return "kept: nothing uses it, but a policy or a running installer keeps it"
	case "quarantined":
		return "in quarantine: gclean restore can still put it back"
	}
	return "in doubt: gclean could not read what may use it"
}

// treemapOf returns the tree of all entries: caches, then categories, then entries. It has
// at most about most tiles.
func treemapOf(r *cache.Report, most int) *node {
	type place struct {
		cache    int
		category cache.Category
	}
	tiles := map[place][]*node{}
	for _, it := range r.Items {
		p := place{it.Cache, it.Entry.Category}
		title := fmt.Sprintf("%s: %s on disk, %s", it.Entry.Path(), units.Bytes(it.Disk), it.State)
		if n := len(it.Environments); n > 0 {
			title += ", used by " + units.Count(n, "environment", "environments")
		}
		name := it.Entry.Shown()
		if it.Name != "" {
			name = it.Name
		}
		tiles[p] = append(tiles[p], &node{name: name, title: title, note: units.Bytes(it.Disk), class: it.State.String(), weight: it.Disk})
	}
	var caches []*node
	for i := -1; i < len(r.Caches); i++ {
		var categories []*node
		for _, c := range r.Categories {
			if inside := tiles[place{i, c.Category}]; len(inside) > 0 {
				share := float64(len(inside)) / float64(len(r.Items))
				g := group(c.Category.Plural(), inside, int(share*float64(most)))
				g.title = fmt.Sprintf("%s: %s", g.name, units.Bytes(g.weight))
				categories = append(categories, g)
			}
		}
		if len(categories) == 0 {
			continue
		}
		name := "elsewhere"
		if i >= 0 {
			name = r.Caches[i].Path
		}
		g := group(name, categories, len(categories))
		g.title = fmt.Sprintf("%s: %s", name, units.Bytes(g.weight))
		caches = append(caches, g)
	}
	return group("", caches, len(caches))
}

// The size of a line and of a character in labels, in units of SVG.
const (
	lineHeight = 16
	charWidth  = 7.2
)

// treemap draws a treemap of width x height.
func (p *page) treemap(id string, root *node, width, height float64) {
	p.Open("svg", attr{"id", id}, attr{"class", "treemap " + id}, attr{"viewBox", fmt.Sprintf("0 0 %g %g", width, height)},
		attr{"role", "img"}, attr{"aria-labelledby", id + "-title"})
	p.Element("title", "What takes up the space: caches, categories and entries by disk space. The tables below have the same figures.", attr{"id", id + "-title"})
	p.Raw(`<defs>` +
		`<pattern id="` + id + `-free" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="free" width="8" height="8"/><rect class="line" width="2" height="8"/></pattern>` +
		`<pattern id="` + id + `-kept" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="kept" width="6" height="6"/><rect class="line" width="6" height="1.5"/></pattern>` +
		`<pattern id="` + id + `-doubt" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="doubt" width="6" height="6"/><circle class="line" cx="3" cy="3" r="1.2"/></pattern>` +
		`<pattern id="` + id + `-quarantined" width="8" height="8" patternUnits="userSpaceOnUse"><rect class="quarantined" width="8" height="8"/><rect class="line" width="8" height="2"/></pattern>` +
		`</defs>`)
	p.nodes(id, root, rect{0, 0, width, height})
	p.End("svg")
}

// nodes draws the nodes inside n, in frame.
func (p *page) nodes(id string, n *node, frame rect) {
	weights := make([]int64, len(n.inside))
	for i, inside := range n.inside {
		weights[i] = inside.weight
	}
	for i, r := range squarify(weights, frame) {
		inside := n.inside[i]
		if r.w < 0.5 || r.h < 0.5 {
			continue // too small to see
		}
		if inside.inside == nil {
			p.tile(id, inside, r)
			continue
		}
		p.Open("g")
		p.Element("title", inside.title)
		border, top := 2.0, 2.0
		if r.h > 3*lineHeight && r.w > 60 {
			top = lineHeight + 2
			p.label("group", fitting(inside.title, r), r)
		}
		p.nodes(id, inside, r.inset(border, top))
		p.End("g")
	}
}

func (p *page) tile(id string, n *node, r rect) {
	p.Open("g", attr{"class", "tile " + n.class})
	p.Element("title", n.title)
	attrs := []attr{{"class", n.class}, {"x", coordinate(r.x)}, {"y", coordinate(r.y)}, {"width", coordinate(r.w)}, {"height", coordinate(r.h)}}
	p.Open("rect", attrs...)
	p.End("rect")
	name := fitting(n.name, r)
	if n.class != "held" && r.w > 8 && r.h > 8 {
		// Add a pattern to the colour, but not behind the name.
		y := r.y
		if name != "" {
			y += 2*lineHeight + 4
		}
		if h := r.y + r.h - y; h > 0 {
			p.Open("rect", attr{"fill", "url(#" + id + "-" + n.class + ")"}, attr{"x", coordinate(r.x)}, attr{"y", coordinate(y)}, attr{"width", coordinate(r.w)}, attr{"height", coordinate(h)})
			p.End("rect")
		}
	}
	p.label(n.class, name, r)
	if name != "" && r.h > 2*lineHeight+4 {
		p.label(n.class, fitting(n.note, r), rect{r.x, r.y + lineHeight, r.w, r.h - lineHeight})
	}
	p.End("g")
}

// fitting returns the part of name that fits at the top of r, or "".
func fitting(name string, r rect) string {
	name = visible.String(name)
	room := int((r.w - 8) / charWidth)
	switch {
	case r.h <= lineHeight+2:
		return ""
	case utf8.RuneCountInString(name) <= room:
		return name
	case room < 5:
		return ""
	}
	return string([]rune(name)[:room-1]) + "…"
}

// label writes a name at the top of r. Screen readers skip it, because the title contains
// it.
func (p *page) label(class, name string, r rect) {
	if name != "" {
		p.Element("text", name, attr{"class", class}, attr{"x", coordinate(r.x + 4)}, attr{"y", coordinate(r.y + lineHeight - 3)}, attr{"aria-hidden", "true"})
	}
}

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// bar draws what an environment uses alone and shares. The full width stands for most.
func (p *page) bar(alone, shared, most int64) {
	const width = 200.0
	p.Open("svg", attr{"class", "bar"}, attr{"viewBox", "0 0 200 12"}, attr{"preserveAspectRatio", "none"}, attr{"role", "img"},
		attr{"aria-label", units.Bytes(alone) + " alone, " + units.Bytes(shared) + " shared"})
	x := 0.0
	for _, part := range []struct {
		class string
		size  int64
	}{{"alone", alone}, {"shared", shared}} {
		w := 0.0
		if most > 0 {
			w = width * float64(part.size) / float64(most)
		}
		p.Open("rect", attr{"class", part.class}, attr{"x", coordinate(x)}, attr{"y", "0"}, attr{"width", coordinate(w)}, attr{"height", "12"})
		p.End("rect")
		x += w
	}
	p.End("svg")
}
