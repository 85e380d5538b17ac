// Package cache finds package caches, lists what is in them, and plans what to remove. It
// removes nothing: package removal carries plans out. Package hold decides who holds an
// extracted package.
//
// Each cache has a [Family], which says how it is laid out. An [Entry] is a thing that can
// be removed in one step: an archive, an extracted package, an index cache, a log file. Its
// [Category] is what the user asks for:
//
//	pkgs/numpy-1.26.4-py311_0.conda    Tarballs
//	pkgs/numpy-1.26.4-py311_0/         Packages
//	pkgs/cache/                        IndexCache
//	pkgs/.logs/x.log                   LogFiles
//
// A [Plan] says what to remove and what to keep, and why. It is complete before anything is
// touched: a dry run prints the plan and stops.
//
//	plan, err := cache.Prepare(ctx, cache.Options{
//		Look:    cache.Look{Discovery: d}, // of package meta
//		Targets: cache.All(),
//	})
//	for _, e := range plan.Remove { ... }
//	for _, k := range plan.Kept { ... } // k.Holds says why
//
// Prepare makes it from a [Survey]. That opens the caches, reads what earlier runs remember,
// lists the entries and looks for temp files. It looks for quick proof that a package is
// held, measures the others and counts their links. Then Prepare decides about each entry,
// in this order:
//
//   - does something hold it?
//   - may an installer be about to use it?
//   - does a [Policy] keep it?
//   - is it an archive that is still needed?
//   - does the cache need the room?
//
// Each step can only take entries out of the plan.
//
// The commands that only read use the same survey: [NewReport] says who uses what,
// [Explain] finds everything that holds an entry, and [NewSurvey] lists distributions.
//
// A folder is cleaned only if it has the marks of a cache (else ErrNotCache). The root of a
// file system, homes and environments are never cleaned, whatever is in them (ErrRefused).
package cache
