// Package htmlreport writes a cache.Report as one page that needs nothing else: no
// network, no other file.
//
//	report, err := cache.NewReport(ctx, cache.ReportOptions{Look: look})
//	err = htmlreport.Write(f, report, htmlreport.Options{Generator: "gclean 1.0"})
//
// The page has a head, a list of contents, and the sections that sections (sections.go)
// lists: the sum, the treemap, and tables.
//
// The page can be read without its script, with one exception: of the entries, only the
// largest are rows (withoutScript). All of them are data (entries.go). The script shows
// them in a treemap that opens (map.js) and in a table that sorts and searches
// (tables.js). What the reader filters counts for both, and for the command that removes
// what is shown (shown.js). Without the script, there is a treemap that is drawn
// (drawing.go), once for wide screens and once for narrow ones.
//
// Names in the page come from disks, so that all text goes through markup, which
// escapes it. The page forbids everything but its own style and script, by their
// hashes.
package htmlreport
