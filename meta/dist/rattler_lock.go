package dist

import (
	"encoding/binary"
	"encoding/hex"
	"io"
)

// RattlerMetadata is the content of the <dist>.lock that rattler writes beside an extracted
// package (cache_lock.rs in rattler_cache). Despite its name, it is not a lock.
type RattlerMetadata struct {
	Revision uint64 // how often the package was unpacked again; 0 if unknown
	SHA256   string // of the archive, in hex; "" if unknown
}

// Expected returns what the file says about the archive.
func (m RattlerMetadata) Expected() Expected {
	return Expected{SHA256: m.SHA256, Source: "the .lock file"}
}

// ReadRattlerMetadata reads a <dist>.lock: 8 bytes of revision, big endian, and 32 of
// SHA-256. As in rattler, a shorter file has less information, and further bytes are
// ignored.
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
