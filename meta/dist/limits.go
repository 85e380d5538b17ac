package dist

import "cmp"

// Limits bound what an archive may contain and unpack to, since its author may be hostile.
// Zero fields mean the default.
type Limits struct {
	// Unpacked is how many bytes may come out of decompression, over all parts of the
	// archive and including tar headers. The default is 64 GiB: the largest packages of
	// conda-forge unpack to less than 10 GiB.
	Unpacked int64
	// Ratio is how many bytes may come out of a part for each byte that goes in, once 64
	// MiB have come out. The default is 1000. Packages of tables and debug symbols stay
	// below 100; zeros in zstd reach 30,000, and in bzip2 millions.
	Ratio int64
	// Members is the number of paths, including the folders above them. The default is
	// 1,048,576, which takes 40 MB of memory for paths of any length. The largest packages
	// have a tenth of that.
	Members int
	// Path is the length of a path or of a symlink's target, in bytes. The default is 4096,
	// which operating systems accept.
	Path int
	// Window is how far back a zstd frame may refer, in bytes; unpacking needs that much
	// memory. The default is 128 MiB, as zstd needs at its highest level, 22, which
	// rattler-build offers.
	Window uint64
	// InfoFile is the largest file of info/ that is read into memory, in bytes. The default
	// is MaxRecordSize: paths.json of a package with 100,000 files has 30 MB.
	InfoFile int64
	// Memory is shared by everything that reads at the same time; nil limits each reader
	// alone.
	Memory *Memory
}

// Limits that no package needs raised.
const (
	ratioFloor    = 64 << 20 // bytes that may come out at any ratio
	maxZipMembers = 32       // a .conda has three
	maxDirectory  = 64 << 10 // bytes of a zip's central directory
	maxMetadata   = 1 << 20  // bytes of metadata.json
	maxIndex      = 4 << 20  // bytes of index.json and repodata_record.json
	maxListed     = 1 << 19  // paths in a list; the largest packages have a fifth of that
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

// budget returns how many bytes may come out of a part of packed bytes.
func (l Limits) budget(packed int64) int64 {
	if packed > l.Unpacked/l.Ratio {
		return l.Unpacked
	}
	return min(l.Unpacked, max(packed*l.Ratio, ratioFloor))
}
