// Package meta finds out what there is on a machine: the caches of conda, mamba
// and pixi, the environments, and who has them. It reads configuration files,
// environment variables, lists of environments and the passwd file. It decides
// nothing and removes nothing.
//
// A [Host] is the machine as configuration sees it. One look at it is a
// [Discovery]:
//
//	d, err := meta.CurrentHost().Discover(ctx, meta.Options{})
//	for _, c := range d.Caches { ... }       // folders that may be caches
//	for _, e := range d.Environments { ... } // prefixes, with the names of their records
//	for _, p := range d.Unread { ... }       // lists that exist and cannot be read
//
// Each path comes with its source, the file or variable that named it.
//
// An environment that is missing here loses its packages. So nothing that exists
// is left out because it cannot be read: such an [Environment] has an Err, and such
// a list is a [Problem] with Hides set. Both keep packages. Users who are in no list
// that can be found are in Discovery.Unseen, which is less. Only what package absence
// proves to be gone is left out.
//
// Records (conda-meta/*.json) are listed, not opened: what they say is
// package dist's. [Discovery.Again] looks once more, right before something is
// removed.
//
// Root reads the files of every user. Their owners choose what is in them. So what
// is read is bounded, a FIFO is never waited for, and what one user names decides
// nothing about the folders of another.
package meta
