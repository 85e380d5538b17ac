// Package meta finds the caches of conda, mamba and pixi on a machine, the environments,
// and the users who have them. It reads configuration files, environment variables, lists
// of environments and the passwd file. It decides nothing and removes nothing.
//
// A [Host] describes the machine. A [Discovery] is one look at it:
//
//	d, err := meta.CurrentHost().Discover(ctx, meta.Options{})
//	for _, c := range d.Caches { ... }       // folders that may be caches
//	for _, e := range d.Environments { ... } // prefixes, with the names of their records
//	for _, p := range d.Unread { ... }       // lists that exist but cannot be read
//
// Each path comes with its source, the file or variable that named it.
//
// If meta missed an environment, gclean could remove packages that it uses. So what exists
// but cannot be read is reported: such an [Environment] has an Err, and such a list is a
// [Problem] with Hides set. Both keep packages. Users whose lists nobody can find are in
// Discovery.Unseen, which is weaker. Only what package absence proves to be gone is left
// out.
//
// Records (conda-meta/*.json) are listed, but not opened: package dist reads them.
// [Discovery.Again] looks again, right before something is removed.
//
// Root reads the files of all users, who choose what is in them. So meta limits how much it
// reads, never waits for a FIFO, and lets no user decide about the folders of another.
package meta
