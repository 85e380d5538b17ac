package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gclean/cache"
	"gclean/internal/units"
	"gclean/internal/visible"
	"gclean/meta/others"
	"gclean/textreport"
)

// reportCSV writes one row for each entry and each other folder, as RFC 4180 has it. Sizes are in
// bytes. A cell that a spreadsheet would take for a formula has a ' before it.
func reportCSV(out io.Writer, r *cache.Report, found []others.Folder) {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	w.Write([]string{
		"path", "category", "cache", "name", "version", "build", "owner",
		"apparent_size", "disk_size", "freed_size", "inodes", "freed_inodes", "files", "state", "reason", "environments", "last_used", "quarantined_until", "host",
	})
	write := func(row []string) {
		for i, cell := range row {
			row[i] = harmless(cell)
		}
		w.Write(row)
	}
	for _, it := range r.Items {
		dir := ""
		if it.Cache >= 0 {
			dir = bare(r, it.Host, r.Caches[it.Cache].Path)
		}
		reason := ""
		if len(it.Holds) > 0 {
			reason = string(it.Holds[0].Reason)
		}
		row := []string{
			bare(r, it.Host, it.Entry.Path()), it.Entry.Category.Code(), dir, it.Name, it.Version, it.Build, bareOwner(r, it.Host, r.OwnerOf(it)),
			number(it.Entry.Usage.Apparent), number(it.Disk), number(it.Freed), number(it.Inodes), number(it.FreedInodes), number(it.Entry.Usage.Files),
			it.State.String(), reason, strings.Join(it.Environments, "\n"), stamp(it.LastUsed), until(it.Entry), it.Host,
		}
		write(row)
	}
	for _, f := range found {
		write([]string{
			f.Path, "other_folder", "", "", "", "", "", number(f.Usage.Apparent), number(f.Usage.Disk), "0", number(f.Usage.Inodes), "0",
			number(f.Usage.Files), "", string(f.Kind), "", "", "", "",
		})
	}
	w.Flush() // out keeps its error
}

// until is when an entry in quarantine goes; "" for others.
func until(e *cache.Entry) string {
	if e.Category != cache.Quarantined {
		return ""
	}
	return stamp(e.Until)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// harmless is a cell that no spreadsheet takes for a formula (OWASP: CSV Injection), and
// that moves no cursor: what does not show is escaped, but for the newline between paths.
func harmless(cell string) string {
	if strings.ContainsFunc(cell, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }) {
		lines := strings.Split(cell, "\n")
		for i, line := range lines {
			lines[i] = visible.String(line)
		}
		cell = strings.Join(lines, "\n")
	}
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// reportMarkdown writes a report as GitHub renders it, for the summary of a job or a
// comment: totals, tables by category and cache, and what --all would free.
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

// free is the table of what --all would remove, the largest first.
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

// head begins a table; numbers begin at the column that right names.
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

// code is a name that was found on a disk as code in a cell. In a code span nothing is
// markup but backticks and, in tables, pipes: a name with one of these is HTML whose
// punctuation is all written as references.
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
