// Package removal carries out a plan of package cache. It knows how entries are
// removed, and not why.
//
//	result := removal.Execute(ctx, plan, removal.Options{Again: options.Again, Changed: options.Changed})
//	for _, e := range result.Removed { ... }
//	for _, f := range result.Failures { ... }
//
// Caches are cleaned one after the other, those that somebody else has locked last.
// For each:
//
//  1. It is opened, and has to be the folder that was planned for.
//  2. It is locked, with gclean's own lock and those of mamba and rattler (Lock).
//     Who holds one is waited for; LockTimeout is for all caches together.
//  3. The plan is made again if it may be stale: it is older than a few seconds, a
//     lock had to be waited for, or environments, lists or installers have changed.
//     What the new plan does not remove is spared.
//  4. Each entry is looked at, and has to be what was planned. A file is unlinked. A
//     folder is renamed into the cache's [Trash] in one step, so that nobody ever
//     finds half a package.
//  5. The trash is emptied by many workers.
//  6. What was seen of environments that only symlinks tell of is noted in the cache
//     (.gclean/marks), for the next run.
//
// A run that is killed leaves whole entries, or trash that the next run removes.
// Where a folder cannot be renamed, as in a lower layer of an overlay, a marker in
// the trash comes first, then the files by which installers know a package, then
// the rest.
//
// A full disk is the normal case, and nothing has to be made to remove something.
// What there is no room for is left for another round: by then, what needed none has
// made some. In a round that frees nothing, one folder is emptied where it is.
//
// Entries are independent: one that fails is in the [Result], and the others go
// on. Options.Before is asked before each change of the file system, so that tests
// can make every step fail in turn.
package removal
