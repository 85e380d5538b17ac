package htmlreport

// choice is one of the values of a field.
type choice struct{ value, words string }

// explorer writes the frame of the treemap that opens: fields and empty elements. The
// script fills them, and shows them instead of the drawing.
func (p *page) explorer() {
	p.Open("div", attr{"id", "explorer"}, attr{"hidden", ""})
	p.Raw("<div class=\"controls\">")
	p.choose("group-by", "Group by", []choice{{"cache", "cache"}, {"owner", "owner"}, {"environment", "environment"}, {"name", "package"}, {"age", "last use"}})
	p.choose("size-by", "Size by", []choice{{"disk", "disk space"}, {"inodes", "number of inodes"}})
	p.choose("color-by", "Colour by", []choice{{"state", "state"}, {"age", "last use"}})
	p.Raw("</div>\n")
	p.Element("ul", "", attr{"id", "filters"}, attr{"class", "legend"}, attr{"aria-label", "Show or hide"})
	p.Open("nav", attr{"aria-label", "Place in the treemap"})
	p.Element("ol", "", attr{"id", "trail"}, attr{"class", "trail"})
	p.End("nav")
	p.Element("p", "Select a colour to hide or show it. Select a tile to open a group, or to find its entry in the table. Arrow keys move between tiles, Enter selects, Escape goes back.", attr{"class", "note"}, attr{"id", "tiles-keys"})
	p.Element("div", "", attr{"id", "tiles"}, attr{"class", "tiles"}, attr{"role", "group"}, attr{"aria-labelledby", "map-title"}, attr{"aria-describedby", "tiles-keys"})
	p.Element("p", "", attr{"id", "shown"}, attr{"role", "status"})
	p.Open("p", attr{"id", "run"}, attr{"class", "run"})
	p.Element("span", "", attr{"id", "run-words"})
	p.Element("code", "", attr{"id", "run-command"})
	p.End("p")
	p.End("div")
	p.Raw("\n")
}

// choose writes a field with a few values.
func (p *page) choose(id, label string, values []choice) {
	p.Raw("<div>")
	p.Element("label", label, attr{"for", id})
	p.Open("select", attr{"id", id})
	for _, v := range values {
		p.Element("option", v.words, attr{"value", v.value})
	}
	p.End("select")
	p.Raw("</div>")
}
