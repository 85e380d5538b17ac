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

// looksAtATime is how many files of a network file system are looked at at a time: each
// look waits for the server.
const looksAtATime = 32

// lookAgain asks the server of a network file system about the samples of entries that
// are to go. It returns the entries of which a file was linked since they were measured,
// or cannot be looked at. What this host remembers of link counts may be a minute old.
// What is in the trash by now is out of the reach of others.
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
	// Its error is that of ctx, which ends the round.
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

// linkedSince says whether a file was linked since it was measured, by what it is now. A
// doubt counts as yes. What is gone was removed by somebody: it is in no use.
func linkedSince(measured, now walk.Stat, err error) bool {
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return now.ID != measured.ID || now.Nlink > measured.Nlink
}
