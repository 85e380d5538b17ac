package dist

import "cmp"

// Limits bound what an archive may state and what may come out of it, whoever
// made it. A zero field chooses the default.
type Limits struct {
	// Unpacked is the number of bytes that may come out of decompression, over
	// all parts of the archive, tar headers included. The default is 64 GiB:
	// the largest packages of conda-forge unpack to less than 10 GiB.
	Unpacked int64
	// Ratio is how many bytes may come out for each byte that goes in, part by
	// part, once 64 MiB have come out. The default is 1000; packages made of
	// tables and debug symbols stay below 100, zeros in zstd reach 30,000 and
	// in bzip2 millions.
	Ratio int64
	// Members is the number of paths, folders on the way included. The
	// default is 1,048,576, which takes 40 MB of memory however long they are; the
	// largest packages have a tenth.
	Members int
	// Path is the length of a path or of a symlink's target, in bytes. The
	// default is 4096, which is what systems take.
	Path int
	// Window is how far back a zstd frame may refer, and so the memory that
	// unpacking takes, in bytes. The default is 128 MiB: what zstd takes at its
	// highest level, 22, which rattler-build offers.
	Window uint64
	// InfoFile is the length of one file of info/ that is read into memory,
	// in bytes. The default is MaxRecordSize: paths.json of a package with
	// 100,000 files has 30 MB.
	InfoFile int64
	// Memory is shared by all who read at the same time; nil bounds each reader
	// alone.
	Memory *Memory
}

// Bounds that no package needs raised.
const (
	ratioFloor    = 64 << 20 // bytes that may come out whatever the ratio
	maxZipMembers = 32       // a .conda has three
	maxDirectory  = 64 << 10 // bytes of a zip's central directory
	maxMetadata   = 1 << 20  // bytes of metadata.json
	maxIndex      = 4 << 20  // bytes of index.json and repodata_record.json
	maxListed     = 1 << 19  // paths in a list; the largest packages have a fifth
)

func (l Limits) withDefaults() Limits {
	l.Unpacked = cmp.Or(l.Unpacked, 64<<30)
	l.Ratio = cmp.Or(l.Ratio, 1000)
	l.Members = cmp.Or(l.Members, 1<<20)
	l.Path = cmp.Or(l.Path, 4096)
	l.Window = cmp.Or(l.Window, 128<<20)
	l.InfoFile = cmp.Or(l.InfoFile, MaxRecordSize)
	return l
}

// budget is how many bytes may come out of a part of packed bytes.
func (l Limits) budget(packed int64) int64 {
	if packed > l.Unpacked/l.Ratio {
		return l.Unpacked
	}
	return min(l.Unpacked, max(packed*l.Ratio, ratioFloor))
}
