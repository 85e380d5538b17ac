// Package hold decides who holds an extracted package. It knows neither caches nor
// plans: it is asked about a [Package], and answers with each [Hold] that it finds.
//
//	holders := hold.NewHolders(environments, packages, memory)
//	holders.Probe(p)                 // quick proof, before p is read
//	holders.Resolve(ctx, open)       // records with names of their own
//	holds, err := holders.Of(ctx, p) // nothing: p is free
//
// A Hold has a [Reason], a code that scripts can rely on, and what proves it: the
// environment, its record, a file. A package is held by:
//
//   - an environment that lies inside it.
//   - a hard link: a file of it has a link outside of all that was read. Probe finds
//     one by comparing a few files of an environment; else link counts decide.
//   - a record that says that the environment soft-links it. A record names a package
//     by its link, its archive, or by name, version and build.
//   - a record that names it, where it has nothing to link but info/.
//   - a symlink that leads from a file of the environment into the package, whatever
//     the record says: mamba notes hard links where it made symlinks.
//   - a record alone, where that was asked to be enough (KeepInstalled).
//   - a symlink of an environment that has lost its records.
//   - [Memory]: an environment that is out of reach now held it when it was last seen.
//
// Where evidence is missing, the package stays, and the reason is a doubt. Each of the
// [Doubts] has a scope, the users whom it is about: it keeps only packages in caches
// that one of them can read.
//
//   - a record that may name the package, or the package itself, cannot be read.
//   - an environment, or a list of environments, exists and cannot be read.
//   - users or environments cannot be found at all (Unseen). They keep packages only
//     where symlinks are possible.
//
// What is free by all this may still be about to be linked, or be in use:
//
//   - [Watch] knows the installers that run, and for each cache the [Grace] in which
//     what has changed stays.
//   - [Uses] knows what processes and mounts use right now.
//
// Of stops at the first proof, and names doubts only where there is none. Explain
// finds all that is known. Only records that may name a package are opened, so that
// the work grows with the cache and not with the number of environments.
//
// The rules are in holders.go. They ask the disk through the interface evidence, and
// are tested without one; disk_evidence.go looks the answers up. What runs on the
// machine is a [System], which tests make up.
package hold
