package dist

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"gclean/walk/open"
)

// HashOptions say which hashes to compute.
type HashOptions struct {
	MD5    bool
	SHA256 bool
	Done   func(bytes int64) // called with the number of bytes just read; may be nil
}

// Hashes are the length of a file, and the requested hashes.
type Hashes struct {
	Size   int64  // in bytes
	MD5    string // in hex, lower case
	SHA256 string // in hex, lower case
}

// hashBuffer is how much is read at a time. ctx is checked in between, and a typical file
// needs one system call.
const hashBuffer = 256 << 10

// HashFile reads the regular file at path once for all hashes.
func HashFile(ctx context.Context, path string, o HashOptions) (Hashes, error) {
	f, err := open.Regular(path)
	if err != nil {
		return Hashes{}, err
	}
	defer f.Close()
	return Hash(ctx, f, o)
}

// Hash reads r to its end.
func Hash(ctx context.Context, r io.Reader, o HashOptions) (Hashes, error) {
	return newHasher(o).hash(ctx, r)
}

// hasher computes hashes of one file after the other.
type hasher struct {
	o           HashOptions
	md5, sha256 hash.Hash // nil if not requested
	buf         []byte
}

func newHasher(o HashOptions) *hasher {
	h := &hasher{o: o, buf: make([]byte, hashBuffer)}
	if o.MD5 {
		h.md5 = md5.New()
	}
	if o.SHA256 {
		h.sha256 = sha256.New()
	}
	return h
}

func (h *hasher) hash(ctx context.Context, r io.Reader) (Hashes, error) {
	var got Hashes
	for _, s := range []hash.Hash{h.md5, h.sha256} {
		if s != nil {
			s.Reset()
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return got, err
		}
		n, err := r.Read(h.buf)
		for _, s := range []hash.Hash{h.md5, h.sha256} {
			if s != nil {
				s.Write(h.buf[:n])
			}
		}
		got.Size += int64(n)
		if h.o.Done != nil && n > 0 {
			h.o.Done(int64(n))
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return got, err
		}
	}
	if h.md5 != nil {
		got.MD5 = hex.EncodeToString(h.md5.Sum(nil))
	}
	if h.sha256 != nil {
		got.SHA256 = hex.EncodeToString(h.sha256.Sum(nil))
	}
	return got, nil
}
