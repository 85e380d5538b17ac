// Package removal carries out a plan of package cache. It knows how to remove entries, not
// why.
//
//	result := removal.Execute(ctx, plan, removal.Options{Again: options.Again, Changed: options.Changed})
//	for _, e := range result.Removed { ... }
//	for _, f := range result.Failures { ... }
//
// It cleans the caches one after the other; those that another process has locked come
// after the others. For each cache:
//
//  1. Open it. It must be the folder that was planned for.
//  2. Lock it, with gclean's own lock and those of mamba and rattler (Lock). Wait if
//     another process holds one; LockTimeout is for all caches together.
//  3. Plan again if the plan may be stale. It is older than a few seconds, gclean had to
//     wait for a lock, or environments, lists or installers have changed. Spare the
//     entries that the new plan does not remove.
//  4. Check that each entry is what was planned. Unlink files. Rename folders into the
//     cache's [Trash], each in one step, so that nobody ever finds half a package.
//  5. Empty the trash with many workers.
//  6. Note in the cache, for the next run, which environments use packages in ways that no
//     hard link shows (.gclean/marks).
//
// A run that is killed leaves whole entries, and trash that the next run removes. Some
// folders cannot be renamed, for example in a lower layer of an overlay. For those, gclean
// first writes a marker into the trash. Then it removes the files by which installers
// recognize a package, and then the rest.
//
// Full disks are normal, so removing something must not require creating something. What
// there is no room for waits for another round, after entries that need no room have made
// some. If a round frees nothing, one folder is emptied in place.
//
// Entries are independent: one that fails is reported in the [Result], and the others are
// still removed. Options.Before is called before each change of the file system, so that
// tests can make every step fail in turn.
package removal
