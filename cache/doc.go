// Package cache knows package caches: which folders are one, what is in them, and
// what would go. It makes plans. Carrying them out is package removal's, and who
// holds an extracted package is package hold's.
//
// A cache is of a [Family], the way in which it is laid out. What can be removed
// from it in one step is an [Entry], of a [Category] that the user can ask for: an
// archive, an extracted package, an index cache, a log file.
//
//	pkgs/numpy-1.26.4-py311_0.conda    Tarballs
//	pkgs/numpy-1.26.4-py311_0/         Packages
//	pkgs/cache/                        IndexCache
//	pkgs/.logs/x.log                   LogFiles
//
// A [Plan] says what goes and what stays, and why. It is complete before anything
// is touched, so that a dry run is a plan that is printed:
//
//	plan, err := cache.Prepare(ctx, cache.Options{
//		Look:    cache.Look{Discovery: d}, // of package meta
//		Targets: cache.All(),
//	})
//	for _, e := range plan.Remove { ... }
//	for _, k := range plan.Kept { ... } // k.Holds says why
//
// It is made of a [Survey], step by step: open the caches, read what earlier runs
// remember of them, list the entries, look for temp files, ask for quick proof that
// a package is held, measure the rest and count its links. Then it is decided, entry
// by entry: first whether something holds it, then whether an installer may be about
// to use it, then what a [Policy] keeps, then whether an archive is needed, and last
// whether there is need for room. Each step can only take entries out of the plan.
//
// The same survey serves those who only look: [NewReport] tells who uses what,
// [Explain] finds everything that holds an entry, and [NewSurvey] lists
// distributions.
//
// A folder is cleaned only if it has the marks of a cache, and never if it is the
// root, a home or an environment, whatever is in it (ErrNotCache, ErrRefused).
package cache
