package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gclean/cache"
	"gclean/internal/table"
	"gclean/internal/units"
	"gclean/meta/others"
	"gclean/textreport"
)

// reporter prints a report for people.
type reporter struct {
	out          io.Writer
	r            *cache.Report
	top          int // most rows of the long tables; 0 is no limit
	prose, width int // of sentences and of tables, in columns of a terminal
	style        table.Style
	clean        string // the command that removes what is free
}

// reportTable prints a report as sentences and tables that are at most so wide.
func reportTable(out io.Writer, r *cache.Report, found []others.Folder, top, prose, width int, st table.Style, clean string) {
	p := &reporter{out, r, top, prose, width, st, clean}
	p.headline()
	if len(r.Items) > 0 {
		p.hosts()
		p.categories()
		p.caches()
		p.owners()
	}
	p.others(found)
	p.environments()
	p.names()
	p.duplicates()
	p.largest()
	p.say("Sizes: KB, MB and GB are powers of 1024, as in conda. SIZE is the sum of file sizes. DISK counts the disk blocks " +
		"of each inode once. FREED and INODES are what gclean --all would free (df and df -i).")
}

// reportSummary prints the totals of a report in five lines, as "docker system df" does.
// They say what there is, how much is used, and what gclean --all frees.
func reportSummary(out io.Writer, r *cache.Report, width int, st table.Style) {
	total := r.Total
	total.Freed = r.Free.Freed
	io.WriteString(out, textreport.Summary(r.Categories, total, width, st))
}

// say prints a paragraph.
func (p *reporter) say(text string) { io.WriteString(p.out, table.Wrap(text, p.prose)) }

func (p *reporter) headline() {
	for _, line := range summaryLines(p.r) {
		p.say(line)
	}
	if p.r.Total.Items > p.r.Total.Held && p.r.Hosts == nil { // in one line, so that it can be pasted
		fmt.Fprintf(p.out, "To remove what is free, run: %s\n", p.clean)
	}
	fmt.Fprintln(p.out)
}

// summaryLines are the totals of a report, in sentences.
func summaryLines(r *cache.Report) []string {
	t, free := r.Total, r.Free
	var lines []string
	if len(r.Items) == 0 {
		lines = append(lines, fmt.Sprintf("The caches are empty (%s).", units.Count(len(r.Caches), "cache", "caches")))
	} else {
		lines = append(lines,
			fmt.Sprintf("%s, %s: %s, %s on disk in %s.", units.Count(len(r.Caches), "cache", "caches"), count(t.Items), units.Bytes(t.Apparent), units.Bytes(t.Disk), units.Count(int(t.Inodes), "inode", "inodes")),
			fmt.Sprintf("gclean --all would remove %s now: %s. This would free %s.", count(t.Items-t.Held), units.Bytes(free.Apparent), diskSpace(free.Freed, free.Inodes)))
	}
	if r.Doubt {
		lines = append(lines, "gclean could not read everything: what is in doubt counts as held.")
	}
	return lines
}

// section prints a table under its title, cut to the first rows.
func (p *reporter) section(title string, t *table.Table, cut bool) {
	rest := 0
	if cut && p.top > 0 {
		rest = t.Cut(p.top)
	}
	for _, line := range strings.SplitAfter(strings.TrimSuffix(table.Wrap(title, p.prose), "\n"), "\n") {
		io.WriteString(p.out, p.style.Paint(table.Bold, strings.TrimSuffix(line, "\n"))+"\n")
	}
	io.WriteString(p.out, t.Render(p.width, p.style))
	if rest > 0 {
		p.say(fmt.Sprintf("and %d more; --top 0 shows all.", rest))
	}
	fmt.Fprintln(p.out)
}

// tallyColumns are the columns of a tally; tallyCells are its cells.
func tallyColumns() []table.Column {
	return []table.Column{
		{Title: "ENTRIES", Right: true, Drop: 3}, {Title: "HELD", Right: true, Drop: 4},
		{Title: "SIZE", Right: true, Drop: 2}, {Title: "DISK", Right: true}, {Title: "FREED", Right: true}, {Title: "INODES", Right: true, Drop: 1},
	}
}

func tallyCells(t cache.Tally) []string {
	return []string{fmt.Sprint(t.Items), fmt.Sprint(t.Held), units.Bytes(t.Apparent), units.Bytes(t.Disk), units.Bytes(t.Freed), number(t.FreedInodes)}
}

// hosts prints a row for each host of a merged report.
func (p *reporter) hosts() {
	if p.r.Hosts == nil {
		return
	}
	t := &table.Table{Columns: append(append([]table.Column{{Title: "HOST", Shrink: true}}, tallyColumns()...), table.Column{Title: "REPORT OF", Right: true, Drop: 5})}
	for _, h := range p.r.Hosts {
		t.Add("", append(append([]string{quoted(h.Host)}, tallyCells(h.Tally)...), day(h.Made))...)
	}
	t.Add(table.Bold, append(append([]string{"total"}, tallyCells(p.r.Total)...), "")...)
	p.section("By host (caches that several hosts share have lines of their own)", t, false)
}

func (p *reporter) categories() {
	t := &table.Table{Columns: append([]table.Column{{Title: "CATEGORY", Shrink: true}}, tallyColumns()...)}
	for _, c := range p.r.Categories {
		t.Add("", append([]string{c.Category.Plural()}, tallyCells(c.Tally)...)...)
	}
	t.Add(table.Bold, append([]string{"total"}, tallyCells(p.r.Total)...)...)
	p.section("By category", t, false)
}

func (p *reporter) caches() {
	t := &table.Table{Columns: slices.Concat([]table.Column{{Title: "CACHE", Shrink: true}}, tallyColumns(),
		[]table.Column{{Title: "FAMILY", Drop: 5}, {Title: "AVAILABLE", Right: true, Drop: 6}})}
	for _, c := range p.r.ByCache {
		loc := p.r.Caches[c.Cache]
		available := "-"
		if c.FSSize > 0 {
			available = units.Bytes(c.FSFree)
		}
		t.Add("", slices.Concat([]string{quoted(loc.Path)}, tallyCells(c.Tally), []string{loc.Family.String(), available})...)
	}
	p.section("By cache (AVAILABLE: free space of its file system)", t, false)
}

// others prints the folders that gclean knows but does not clean.
func (p *reporter) others(found []others.Folder) {
	if len(found) == 0 {
		return
	}
	t := &table.Table{Columns: []table.Column{
		{Title: "FOLDER", Shrink: true}, {Title: "OF", Drop: 3}, {Title: "CACHE", Drop: 4},
		{Title: "SIZE", Right: true, Drop: 2}, {Title: "DISK", Right: true}, {Title: "INODES", Right: true, Drop: 1},
	}}
	for _, f := range found {
		paint, cached := "", "no"
		if f.Cache {
			cached = "yes"
		}
		if f.Err != nil { // there is more than the number says
			paint = table.Yellow
		}
		t.Add(paint, quoted(f.Path), f.Kind.String(), cached, units.Bytes(f.Usage.Apparent), units.Bytes(f.Usage.Disk), number(f.Usage.Inodes))
	}
	p.section("O"+othersTitle[1:], t, true)
}

func (p *reporter) owners() {
	t := &table.Table{Columns: append([]table.Column{{Title: "OWNER", Shrink: true}}, tallyColumns()...)}
	for _, o := range p.r.Owners {
		t.Add("", append([]string{quoted(o.User)}, tallyCells(o.Tally)...)...)
	}
	p.section("By owner", t, true)
}

func (p *reporter) environments() {
	if len(p.r.Environments) == 0 {
		return
	}
	t := &table.Table{Columns: []table.Column{
		{Title: "ENVIRONMENT", Shrink: true}, {Title: "PACKAGES", Right: true, Drop: 1},
		{Title: "ALONE", Right: true}, {Title: "SHARED", Right: true},
	}}
	for _, e := range p.r.Environments {
		paint, packages := "", fmt.Sprint(e.Packages)
		if e.Err != nil {
			paint, packages = table.Yellow, "unreadable"
		}
		t.Add(paint, quoted(e.Prefix), packages, units.Bytes(e.Alone.Freed), units.Bytes(e.Shared.Freed))
	}
	p.section("By environment: disk space of packages that only it uses, and that it shares", t, true)
}

func (p *reporter) names() {
	if len(p.r.Names) == 0 {
		return
	}
	t := &table.Table{Columns: []table.Column{
		{Title: "PACKAGE", Shrink: true}, {Title: "VERSIONS", Right: true, Drop: 4}, {Title: "BUILDS", Right: true, Drop: 5},
		{Title: "SIZE", Right: true, Drop: 6}, {Title: "DISK", Right: true}, {Title: "FREED", Right: true}, {Title: "INODES", Right: true, Drop: 2},
		{Title: "OLDEST", Right: true, Drop: 1}, {Title: "NEWEST", Right: true, Drop: 3},
	}}
	for _, n := range p.r.Names {
		t.Add("", quoted(n.Name), fmt.Sprint(n.Versions), fmt.Sprint(n.Builds), units.Bytes(n.Apparent), units.Bytes(n.Disk),
			units.Bytes(n.Freed), number(n.FreedInodes), units.Span(p.r.Made.Sub(n.Oldest)), units.Span(p.r.Made.Sub(n.Newest)))
	}
	p.section("By package name (OLDEST, NEWEST: time since the last use)", t, true)
}

func (p *reporter) duplicates() {
	if len(p.r.Duplicates) == 0 {
		return
	}
	t := &table.Table{Columns: []table.Column{
		{Title: "PACKAGE", Shrink: true}, {Title: "CACHES", Right: true, Drop: 1},
		{Title: "SIZE", Right: true, Drop: 2}, {Title: "EXTRA", Right: true},
	}}
	for _, d := range p.r.Duplicates {
		t.Add("", quoted(d.Dist), fmt.Sprint(len(d.Caches)), units.Bytes(d.Apparent), units.Bytes(d.Extra))
	}
	p.section("In several caches (EXTRA: disk space of all copies but the largest)", t, true)
}

func (p *reporter) largest() {
	if len(p.r.Items) == 0 {
		return
	}
	t := &table.Table{Columns: []table.Column{
		{Title: "ENTRY", Shrink: true}, {Title: "CACHE", Drop: 6, Shrink: true}, {Title: "CATEGORY", Drop: 4}, {Title: "OWNER", Drop: 5, Shrink: true},
		{Title: "SIZE", Right: true, Drop: 3}, {Title: "DISK", Right: true}, {Title: "STATE"}, {Title: "LAST USED", Right: true, Drop: 2},
	}}
	if len(p.r.Caches) == 1 {
		t.Hide("CACHE")
	}
	for _, it := range p.r.Largest() {
		t.Add(stateColor(it.State), quoted(it.Entry.Shown()), quoted(it.Entry.Dir), it.Entry.Category.Plural(), quoted(p.r.OwnerOf(it)),
			units.Bytes(it.Entry.Usage.Apparent), units.Bytes(it.Disk), it.State.String(), since(p.r.Made, it.LastUsed))
	}
	p.section("Largest entries", t, true)
}

// since is the time since t. Files from the future count as used now.
func since(now, t time.Time) string { return units.Span(now.Sub(t)) }

func stateColor(s cache.State) string {
	switch s {
	case cache.StateFree:
		return table.Green
	case cache.StateDoubt:
		return table.Yellow
	}
	return ""
}
