package dist

import (
	"encoding/binary"
	"encoding/hex"
	"io"
)

// RattlerMetadata is the <dist>.lock that rattler writes beside an extracted
// package: no lock in spite of its name. See rattler_cache, cache_lock.rs.
type RattlerMetadata struct {
	Revision uint64 // how often the package was unpacked anew; 0 if unknown
	SHA256   string // of the archive, in hex; "" if unknown
}

// Expected is what the file says of the archive.
func (m RattlerMetadata) Expected() Expected {
	return Expected{SHA256: m.SHA256, Source: "the .lock file"}
}

// ReadRattlerMetadata reads a <dist>.lock: 8 bytes of revision, big endian, and
// 32 of SHA-256. As in rattler, a file that is shorter knows less, and what
// follows is passed over.
func ReadRattlerMetadata(r io.Reader) (RattlerMetadata, error) {
	const revision, sum = 8, 32
	var m RattlerMetadata
	text, err := io.ReadAll(io.LimitReader(r, revision+sum))
	if err != nil {
		return m, err
	}
	if len(text) >= revision {
		m.Revision = binary.BigEndian.Uint64(text)
	}
	if len(text) == revision+sum {
		m.SHA256 = hex.EncodeToString(text[revision:])
	}
	return m, nil
}
