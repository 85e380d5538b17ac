package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"gclean/cache"
	"gclean/internal/spreadsheet"
	"gclean/internal/units"
	"gclean/meta/others"
	"gclean/textreport"
)

// reportCSV writes one row for each entry and each other folder. Sizes are in bytes.
func reportCSV(out io.Writer, r *cache.Report, found []others.Folder) {
	w := spreadsheet.NewWriter(out)
	w.Row(
		"path", "category", "cache", "name", "version", "build", "owner",
		"apparent_size", "disk_size", "freed_size", "inodes", "freed_inodes", "files", "state", "reason", "environments", "last_used", "quarantined_until", "host",
	)
	for _, it := range r.Items {
		dir := ""
		if it.Cache >= 0 {
			dir = bare(r, it.Host, r.Caches[it.Cache].Path)
		}
		reason := ""
		if len(it.Holds) > 0 {
			reason = string(it.Holds[0].Reason)
		}
		w.Row(
			bare(r, it.Host, it.Entry.Path()), it.Entry.Category.Code(), dir, it.Name, it.Version, it.Build, bareOwner(r, it.Host, r.OwnerOf(it)),
			number(it.Entry.Usage.Apparent), number(it.Disk), number(it.Freed), number(it.Inodes), number(it.FreedInodes), number(it.Entry.Usage.Files),
			it.State.String(), reason, strings.Join(it.Environments, "\n"), stamp(it.LastUsed), until(it.Entry), it.Host,
		)
	}
	for _, f := range found {
		w.Row(
			f.Path, "other_folder", "", "", "", "", "", number(f.Usage.Apparent), number(f.Usage.Disk), "0", number(f.Usage.Inodes), "0",
			number(f.Usage.Files), "", string(f.Kind), "", "", "", "",
		)
	}
	w.Flush() // out remembers its error
}

// until is when gclean removes an entry from quarantine; "" for other entries.
func until(e *cache.Entry) string {
	if e.Category != cache.Quarantined {
		return ""
	}
	return stamp(e.Until)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// reportMarkdown writes a report in GitHub's Markdown, for the summary of a job or for a
// comment. It has totals, tables by category and cache, and what --all would free.
func reportMarkdown(out io.Writer, r *cache.Report, found []others.Folder, top int) {
	m := &markdown{out}
	fmt.Fprintf(out, "### gclean\n\n%s\n", strings.Join(summaryLines(r), "\\\n"))
	if len(r.Items) > 0 {
		tallied := []string{"entries", "held", "size", "on disk", "freed", "inodes freed"}
		if r.Hosts != nil {
			m.head("By host", append([]string{"host"}, tallied...), 1)
			for _, h := range r.Hosts {
				m.row(append([]string{code(h.Host)}, tallyCells(h.Tally)...)...)
			}
		}
		m.head("By category", append([]string{"category"}, tallied...), 1)
		for _, c := range r.Categories {
			m.row(append([]string{c.Category.Plural()}, tallyCells(c.Tally)...)...)
		}
		total := append([]string{"total"}, tallyCells(r.Total)...)
		for i, cell := range total {
			total[i] = "**" + cell + "**"
		}
		m.row(total...)
		m.head("By cache", append([]string{"cache"}, tallied...), 1)
		for _, c := range r.ByCache {
			m.row(append([]string{code(r.Caches[c.Cache].Path)}, tallyCells(c.Tally)...)...)
		}
		m.free(r, top)
	}
	if len(found) > 0 {
		m.head("O"+othersTitle[1:], []string{"folder", "of", "size", "on disk"}, 2)
		for _, f := range found {
			m.row(code(f.Path), f.Kind.String(), units.Bytes(f.Usage.Apparent), units.Bytes(f.Usage.Disk))
		}
	}
	fmt.Fprintln(out, "\nKB, MB and GB are powers of 1024.")
}

// free is the table of what --all would remove, largest first.
func (m *markdown) free(r *cache.Report, top int) {
	free := textreport.Free(r)
	if len(free) == 0 {
		return
	}
	rest := 0
	if top > 0 && top < len(free) {
		rest, free = len(free)-top, free[:top]
	}
	m.head("Largest of what `gclean --all` would remove", []string{"entry", "category", "owner", "freed", "last used"}, 3)
	for _, it := range free {
		m.row(code(it.Entry.Path()), it.Entry.Category.Plural(), code(r.OwnerOf(it)), units.Bytes(it.Freed), since(r.Made, it.LastUsed))
	}
	if rest > 0 {
		fmt.Fprintf(m.out, "\nand %d more; `--top 0` shows all.\n", rest)
	}
}

// markdown writes tables of GitHub-flavoured Markdown.
type markdown struct{ out io.Writer }

// head begins a table. The first column of numbers is the one that right names.
func (m *markdown) head(title string, columns []string, right int) {
	fmt.Fprintf(m.out, "\n#### %s\n\n", title)
	m.row(columns...)
	marks := make([]string, len(columns))
	for i := range marks {
		marks[i] = "---"
		if i >= right {
			marks[i] = "---:"
		}
	}
	m.row(marks...)
}

func (m *markdown) row(cells ...string) {
	fmt.Fprintf(m.out, "| %s |\n", strings.Join(cells, " | "))
}

// code is a name from a disk as code in a cell. In a code span, only backticks have a
// meaning and, in tables, pipes. A name with one of these is HTML, with all punctuation
// written as references.
func code(name string) string {
	name = quoted(name)
	if name != "" && name == strings.TrimSpace(name) && !strings.ContainsAny(name, "`|") {
		return "`" + name + "`"
	}
	var b strings.Builder
	b.WriteString("<code>")
	for _, r := range name {
		if r < 0x80 && !isAlphanumeric(byte(r)) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteString("</code>")
	return b.String()
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
