package dist

import (
	"context"
	"io"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/semaphore"
)

// Memory bounds what reading packages may take at a time, whoever made them. All
// that read at the same time share one. It has two parts: a pool for what common
// packages take, 8 MiB at most for each, and one place for a large one: a window of
// zstd beyond 8 MiB, more than 65,536 paths, a list of paths beyond 2 MiB. A large
// package waits for the place and waits for nothing else after it, so that two never
// wait for each other.
//
// The sum is the pool and what the Limits allow for one package: 128 MiB of window
// and 60 MiB of paths and symlinks.
type Memory struct {
	pool  *semaphore.Weighted
	size  int64
	large *semaphore.Weighted

	// wide keeps its window, up to 128 MiB, from one large archive to the next: the
	// collector would lag behind. It belongs to who has the place.
	wide       *zstd.Decoder
	wideWindow uint64
}

// Bounds of what is common.
const (
	commonMemory = 8 << 20
	commonList   = 2 << 20 // bytes of a list of paths; four times as much is taken
)

// NewMemory makes a Memory with pool bytes for common packages; 0 chooses 64 MiB.
func NewMemory(pool int64) *Memory {
	if pool <= 0 {
		pool = 64 << 20
	}
	pool = max(pool, commonMemory)
	return &Memory{pool: semaphore.NewWeighted(pool), size: pool, large: semaphore.NewWeighted(1)}
}

// share is what one reader has of a Memory; that of a nil Memory is not bounded.
type share struct {
	of     *Memory
	common int64
	large  bool
}

// take waits for common bytes of the pool. An error is that of ctx.
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

// enlarge waits for the place of a large package, unless s has it.
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

// wideDecoder reads in with a window of up to most bytes. s has the place of a large
// package until the reader is closed.
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

// idleReader lets go of what a decoder read, and keeps its memory.
type idleReader struct{ z *zstd.Decoder }

func (r idleReader) Read(p []byte) (int, error) { return r.z.Read(p) }
func (r idleReader) Close() error               { return r.z.Reset(nil) }

// give gives everything back.
func (s *share) give() {
	if s.of == nil {
		return
	}
	if s.large {
		s.of.large.Release(1)
	}
	s.of.pool.Release(s.common)
}
