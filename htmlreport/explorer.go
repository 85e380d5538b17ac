package htmlreport

// choice is one of the values of a field.
type choice struct{ value, words string }

// explorer writes the frame of the treemap that opens: fields and empty elements. The
// script fills them, and shows them instead of the drawing.
func (p *page) explorer() {
	p.open("div", attr{"id", "explorer"}, attr{"hidden", ""})
	p.raw("<div class=\"controls\">")
	p.choose("group-by", "Group by", []choice{{"cache", "cache"}, {"owner", "owner"}, {"environment", "environment"}, {"name", "package"}, {"age", "last use"}})
	p.choose("size-by", "Size by", []choice{{"disk", "disk space"}, {"inodes", "number of inodes"}})
	p.choose("color-by", "Colour by", []choice{{"state", "state"}, {"age", "last use"}})
	p.raw("</div>\n")
	p.element("ul", "", attr{"id", "filters"}, attr{"class", "legend"}, attr{"aria-label", "Show or hide"})
	p.open("nav", attr{"aria-label", "Place in the treemap"})
	p.element("ol", "", attr{"id", "trail"}, attr{"class", "trail"})
	p.end("nav")
	p.element("p", "Select a colour to hide or show it. Select a tile to open a group, or to find its entry in the table. Arrow keys move between tiles, Enter selects, Escape goes back.", attr{"class", "note"}, attr{"id", "tiles-keys"})
	p.element("div", "", attr{"id", "tiles"}, attr{"class", "tiles"}, attr{"role", "group"}, attr{"aria-labelledby", "map-title"}, attr{"aria-describedby", "tiles-keys"})
	p.element("p", "", attr{"id", "shown"}, attr{"role", "status"})
	p.open("p", attr{"id", "run"}, attr{"class", "run"})
	p.element("span", "", attr{"id", "run-words"})
	p.element("code", "", attr{"id", "run-command"})
	p.end("p")
	p.end("div")
	p.raw("\n")
}

// choose writes a field with a few values.
func (p *page) choose(id, label string, values []choice) {
	p.raw("<div>")
	p.element("label", label, attr{"for", id})
	p.open("select", attr{"id", id})
	for _, v := range values {
		p.element("option", v.words, attr{"value", v.value})
	}
	p.end("select")
	p.raw("</div>")
}
