package textreport

import (
	"fmt"

	"gclean/cache"
	"gclean/internal/table"
	"gclean/internal/units"
)

// Summary adds up the categories in five lines, as "docker system df" does. They say what
// there is, how much of it is used, and what cleaning frees, with its share.
func Summary(categories []cache.CategoryUse, total cache.Tally, width int, st table.Style) string {
	t := &table.Table{Columns: []table.Column{
		{Title: "TYPE", Shrink: true}, {Title: "TOTAL", Right: true, Drop: 1}, {Title: "ACTIVE", Right: true, Drop: 2},
		{Title: "SIZE", Right: true, Drop: 3}, {Title: "RECLAIMABLE", Right: true},
	}}
	row := func(paint, kind string, sum cache.Tally) {
		share := "0%"
		if sum.Disk > 0 {
			share = fmt.Sprintf("%d%%", sum.Freed*100/sum.Disk)
		}
		t.Add(paint, kind, fmt.Sprint(sum.Items), fmt.Sprint(sum.Held), units.Bytes(sum.Disk), fmt.Sprintf("%s (%s)", units.Bytes(sum.Freed), share))
	}
	var packages, archives, rest cache.Tally
	for _, c := range categories {
		sum := &rest
		switch c.Category {
		case cache.Packages:
			sum = &packages
		case cache.Tarballs:
			sum = &archives
		}
		sum.Items += c.Items
		sum.Held += c.Held
		sum.Disk += c.Disk
		sum.Freed += c.Freed
	}
	row("", "Packages", packages)
	row("", "Archives", archives)
	row("", "Indexes, logs, trash", rest)
	row(table.Bold, "Total", total)
	st.Box = false // a rule is a line, too
	return t.Render(width, st)
}
