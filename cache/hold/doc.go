// Package hold decides who holds an extracted package. It knows nothing of caches and
// plans: it takes a [Package] and returns every [Hold] that it finds.
//
//	holders := hold.NewHolders(environments, packages, memory)
//	holders.Probe(p)                 // quick proof, before p is read
//	holders.Resolve(ctx, open)       // opens records with names of their own
//	holds, err := holders.Of(ctx, p) // empty: p is free
//
// A Hold has a [Reason], which is a code that scripts can rely on, and its proof: the
// environment, its record, a file. Each of these holds a package:
//
//   - an environment that lies inside it.
//   - a hard link: one of its files has a link outside everything that was read. Probe
//     looks for one by comparing a few files of an environment; otherwise link counts
//     decide.
//   - a record that says that the environment soft-links it. A record names a package by
//     its link, by its archive, or by name, version and build.
//   - a record that names it, if the package has nothing to link besides info/.
//   - a symlink from a file of the environment into the package, even if the record denies
//     it. For example, mamba records hard links where it made symlinks.
//   - a record alone, if the caller asked for that (KeepInstalled).
//   - a symlink of an environment that has lost its records.
//   - [Memory]: an environment that is now out of reach held it when it was last seen.
//
// Without enough evidence the package is kept, and the reason is a doubt. Each of the
// [Doubts] has a scope, the users concerned: it keeps only packages in caches that one of
// them can read. The doubts are:
//
//   - a record that may name the package, or the package itself, cannot be read.
//   - an environment, or a list of environments, exists but cannot be read.
//   - some users or environments cannot be found at all (Unseen). They keep packages only
//     where symlinks are possible.
//
// A package that is free by these rules may still be in use, or about to be linked:
//
//   - [Watch] knows the running installers, and the [Grace] of each cache: the time during
//     which recently changed entries are kept.
//   - [Uses] knows what processes and mounts use right now.
//
// Of stops at the first proof, and returns doubts only if it finds none. Explain returns
// everything that is known. Only records that may name a package are opened, so the work
// grows with the size of the cache, not with the number of environments.
//
// The rules are in holders.go. They query the disk through the interface evidence, so tests
// need no disk; disk_evidence.go is the real implementation. A [System] describes the
// processes and mounts of the machine; tests make their own.
package hold
