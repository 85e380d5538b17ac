// Package htmlreport writes a cache.Report as a single HTML page that needs no network and
// no other file.
//
//	report, err := cache.NewReport(ctx, cache.ReportOptions{Look: look})
//	err = htmlreport.Write(f, report, htmlreport.Options{Generator: "gclean 1.0"})
//
// The page has a head, a list of contents, and the sections in sections.go: the summary,
// the treemap, and tables.
//
// Without its script, the page shows everything except the smaller entries: only the
// largest (withoutScript) are rows. All entries are data for the script (entries.go). The
// script shows them in a treemap that opens (map.js), and in a table that sorts and
// searches (tables.js). The reader's filters apply to both, and to the command that removes
// what is shown (shown.js). Without the script the page shows a drawn treemap (drawing.go),
// once for wide screens and once for narrow ones.
//
// Names in the page come from disks, so all text goes through markup, which escapes it. The
// page's Content-Security-Policy allows only its own style and script, by their hashes.
package htmlreport
