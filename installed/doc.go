// Package installed says whether the files of an environment are what its records
// say, and puts back those that are not from the package caches.
//
//	v, err := installed.Verify(ctx, installed.Options{Prefix: "/opt/conda"})
//	for _, c := range v.Checks { ... } // c.Dist, c.Faults, c.Notes
//	plan, err := v.RepairPlan(ctx, cache.Look{Discovery: d})
//	plan.Execute(ctx, installed.RepairOptions{})
//
// A [Check] is about one record. Each path is looked at once, even if several records
// list it. A file of two packages is sound for both if it is that of one. A file is
// compared with sha256_in_prefix, or with sha256 if no prefix was replaced in it. What is
// in no record is nobody's here: what pip installed, what users made.
//
// A symlink is compared with what the record has of it, the hash of its text (rattler) or
// of the file behind it (conda, mamba). What may be the work of an installer that runs is
// skipped: nothing is said of it.
//
// Byte code is no fault, missing or changed, where its source is listed: Python makes
// it. Neither is what gclean slim took (package taken), what leads nowhere since it was
// built, and a package that pip has replaced: these are notes.
//
// A [RepairPlan] names each file that it would write, and is proven before it is shown.
// What a cache has in the place of a file must have the hash that the record gives, and
// again when it is written. If the record has no hash, the cache's package must be the
// very one that the record names. The prefix that is written into files is the one that
// the environment was made with, by whatever path it was named. Files are made beside
// their place and renamed over it in one step, if what is there is what the plan was made
// for. Nothing else is written, and nothing is removed.
package installed
