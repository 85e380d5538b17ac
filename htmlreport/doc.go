// Package htmlreport writes a cache.Report as one page that needs nothing else: no
// network, no other file.
//
//	report, err := cache.NewReport(ctx, cache.ReportOptions{Look: look})
//	err = htmlreport.Write(f, report, "gclean 1.0")
//
// The page has one section for each part of the report, in the order of Write
// (page.go): the sum, two treemaps for wide and narrow screens, environments,
// categories, caches, owners, names, duplicates, and the entries.
//
// Everything that it shows is in the page without its script, too, with one
// exception: of the entries, only the largest are (withoutScript). The others are
// data that the script makes rows of, sorts and searches (entries.go, page.js).
//
// Names in the page come from disks, so that all text goes through markup, which
// escapes it. The page forbids everything but its own style and script, by their
// hashes.
package htmlreport
