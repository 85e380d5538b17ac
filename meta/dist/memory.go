package dist

import (
	"context"
	"io"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/semaphore"
)

// Memory limits how much memory reading packages takes at a time. Everything that reads at
// the same time shares one Memory. It has two parts. The pool is for typical packages, at
// most 8 MiB for each. A single place is for a large one. That has a zstd window beyond 8
// MiB, more than 65,536 paths, or a list of paths beyond 2 MiB. A large package waits for
// the place, and afterwards for nothing else, so that two never wait for each other.
//
// The total is the pool and what the Limits allow for one package: 128 MiB of window, and
// 60 MiB of paths and symlinks.
type Memory struct {
	pool  *semaphore.Weighted
	size  int64
	large *semaphore.Weighted

	// wide keeps its window, up to 128 MiB, from one large archive to the next, because the
	// garbage collector would free it too late. The holder of the large place owns it.
	wide       *zstd.Decoder
	wideWindow uint64
}

// Limits of a typical package.
const (
	commonMemory = 8 << 20
	commonList   = 2 << 20 // bytes of a list of paths, which takes four times as much memory
)

// NewMemory returns a Memory with pool bytes for typical packages; 0 means 64 MiB.
func NewMemory(pool int64) *Memory {
	if pool <= 0 {
		pool = 64 << 20
	}
	pool = max(pool, commonMemory)
	return &Memory{pool: semaphore.NewWeighted(pool), size: pool, large: semaphore.NewWeighted(1)}
}

// share is one reader's part of a Memory. A share of a nil Memory has no limit.
type share struct {
	of     *Memory
	common int64
	large  bool
}

// take waits for common bytes of the pool. It returns an error only if ctx ends.
func (m *Memory) take(ctx context.Context, common int64) (*share, error) {
	if m == nil {
		return &share{}, nil
	}
	common = min(max(common, 1), commonMemory)
	if err := m.pool.Acquire(ctx, common); err != nil {
		return nil, err
	}
	return &share{of: m, common: common}, nil
}

// enlarge waits for the place of a large package, unless s has it already.
func (s *share) enlarge(ctx context.Context) error {
	if s.of == nil || s.large {
		return nil
	}
	if err := s.of.large.Acquire(ctx, 1); err != nil {
		return err
	}
	s.large = true
	return nil
}

// wideDecoder returns a reader of in with a window of up to most bytes. s keeps the place
// of a large package until the reader is closed.
func (s *share) wideDecoder(in io.Reader, most uint64) (io.ReadCloser, error) {
	m := s.of
	if m == nil || m.wide == nil || m.wideWindow != most {
		z, err := zstd.NewReader(nil, zstd.WithDecoderMaxWindow(most), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		if m == nil {
			return z.IOReadCloser(), z.Reset(in)
		}
		m.wide, m.wideWindow = z, most
	}
	return idleReader{m.wide}, m.wide.Reset(in)
}

// idleReader drops what a decoder read, but keeps its memory.
type idleReader struct{ z *zstd.Decoder }

func (r idleReader) Read(p []byte) (int, error) { return r.z.Read(p) }
func (r idleReader) Close() error               { return r.z.Reset(nil) }

// give returns everything to the Memory.
func (s *share) give() {
	if s.of == nil {
		return
	}
	if s.large {
		s.of.large.Release(1)
	}
	s.of.pool.Release(s.common)
}
