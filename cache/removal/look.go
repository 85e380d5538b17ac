package removal

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"sync"

	"gclean/cache"
	"gclean/internal/parallel"
	"gclean/walk"
)

// looksAtATime is how many files of a network file system are checked at a time: each check
// waits for the server.
const looksAtATime = 32

// lookAgain asks the server of a network file system about the samples of the entries to
// remove. This host's own idea of link counts may be a minute old. It returns the entries
// of which a file has been linked since the entry was measured, or cannot be checked. It
// leaves out entries already in the trash, which other hosts no longer reach.
func (r *rounds) lookAgain(ctx context.Context, entries []*cache.Entry) map[*cache.Entry]bool {
	if !r.g.loc.Network {
		return nil
	}
	type look struct {
		e *cache.Entry
		s *walk.Sample
	}
	var looks []look
	for _, e := range entries {
		if _, moved := r.staged[e]; moved {
			continue
		}
		for i := range e.Samples {
			looks = append(looks, look{e, &e.Samples[i]})
		}
	}
	var mu sync.Mutex
	linked := map[*cache.Entry]bool{}
	// The only error is that of ctx, which ends the round.
	_ = parallel.Each(ctx, looksAtATime, looks, func(l look) error {
		st, err := r.at.dir.Look(path.Join(l.e.Name, l.s.Path))
		if linkedSince(l.s.Stat, st, err) {
			mu.Lock()
			defer mu.Unlock()
			linked[l.e] = true
		}
		return nil
	})
	return linked
}

// linkedSince reports whether a file has been linked since it was measured; now and err are
// its present state. A doubt counts as yes. A file that no longer exists is not in use.
func linkedSince(measured, now walk.Stat, err error) bool {
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return now.ID != measured.ID || now.Nlink > measured.Nlink
}
