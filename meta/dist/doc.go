// Package dist reads one distribution: a package of one name, version and build, in each
// form that it has on a disk. It knows what is in it, but not where it is or who uses it.
//
//	numpy-1.26.4-py311_0.conda             the archive, as it was downloaded
//	numpy-1.26.4-py311_0/                  the extracted package, in a cache
//	numpy-1.26.4-py311_0/info/             its description: index, list of paths
//	conda-meta/numpy-1.26.4-py311_0.json   the record, in an environment
//
// [Split] splits names; [OfArchive] and [OfFolder] find them in file names. [CompareVersions] orders versions as conda does.
//
//	archive, err := dist.OpenArchive("numpy-1.26.4-py311_0.conda", dist.Limits{})
//	index, err := dist.ReadIndex(ctx, archive)
//
// The files of info/ are read in the same way from an [Archive] and from an [Extracted]
// folder: both are an [InfoSource]. A record is read only as far as needed.
// [ReadRecordLink] returns where the package was and how it was linked, and
// [ReadRecordFiles] yields the files that it put into the environment.
//
// [CheckExtracted] compares a folder with its own list of files, and [Expected.CheckFile] compares an archive with what was recorded at its download. Each difference is a [Finding].
//
// Archives and records come from strangers. ErrUnsafe means that something would lead out
// of the package, and ErrDamaged that something is cut off or changed. [Limits] bound what
// unpacking may take. A record may be wrong about how the package was linked; package hold
// looks at the files themselves.
package dist
