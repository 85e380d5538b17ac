// Package dist reads one distribution: a package of one name, version and build,
// in each of the forms that it has on a disk. It knows what is in it, and not
// where it is or who uses it.
//
//	numpy-1.26.4-py311_0.conda         the archive, as it was downloaded
//	numpy-1.26.4-py311_0/              the extracted package, in a cache
//	numpy-1.26.4-py311_0/info/         what it says of itself: index, list of paths
//	conda-meta/numpy-1.26.4-py311_0.json   the record, in an environment
//
// Names are split by [Split], and found in names of files by [OfArchive] and
// [OfFolder]. [CompareVersions] orders versions as conda does.
//
//	archive, err := dist.OpenArchive("numpy-1.26.4-py311_0.conda", dist.Limits{})
//	index, err := dist.ReadIndex(ctx, archive)
//
// The files of info/ are read in the same way from an [Archive] and from an
// [Extracted] folder: both are an [InfoSource]. A record is read only as far as a
// question needs: [ReadRecordLink] says where the package was and how it was
// linked, [ReadRecordFiles] yields what was put into the environment.
//
// [CheckExtracted] compares a folder with its own list of files, and
// [Expected.CheckFile] compares an archive with what was noted of it when it was
// downloaded. What differs is a [Finding].
//
// Archives and records come from strangers. What would lead out of the package is
// ErrUnsafe, what is cut off or changed is ErrDamaged, and [Limits] bound what
// unpacking may take. A record may lie about how it was linked; package hold looks
// at the files themselves.
package dist
