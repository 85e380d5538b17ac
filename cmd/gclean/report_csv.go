package main

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"gclean/cache"
	"gclean/internal/visible"
)

// reportCSV writes one row for each entry, in the form of RFC 4180. Sizes are in bytes. A
// cell that a spreadsheet would read as a formula begins with an apostrophe.
func reportCSV(out io.Writer, r *cache.Report) {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	w.Write([]string{
		"path", "category", "cache", "name", "version", "build", "owner",
		"apparent_size", "disk_size", "freed_size", "inodes", "freed_inodes", "files", "state", "reason", "environments", "last_used", "quarantined_until", "host",
	})
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
		for i, cell := range row {
			row[i] = harmless(cell)
		}
		w.Write(row)
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

// harmless is a cell that no spreadsheet reads as a formula (OWASP: CSV Injection), and
// that moves no cursor: it escapes what does not show, except the newline between paths.
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
