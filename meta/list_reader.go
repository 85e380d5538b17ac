package meta

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"gclean/walk/open"
)

// listReader reads lists that others rewrite in place: conda and mamba open
// environments.txt, which empties it, and then write
// (_rewrite_environments_txt in conda/core/envs_manager.py). Who reads it between
// the two finds it empty.
type listReader struct {
	now   func() time.Time
	pause func(ctx context.Context, d time.Duration) error
	limit int64 // bytes of a list
}

func newListReader() listReader {
	return listReader{now: time.Now, pause: pause, limit: maxEnvironmentsTxt}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

const (
	justChanged  = 2 * time.Second       // a list younger than this may be half written
	longEmpty    = time.Hour             // an empty list older than this is empty, whatever the clock of its server
	firstPause   = 10 * time.Millisecond // between two readings; then twice that, and so on
	longestPause = 80 * time.Millisecond
	settleTime   = time.Second // all pauses together, for all lists
)

// errRewritten says that a list changes faster than it can be read.
var errRewritten = errors.New("it keeps changing")

// listRead is one reading of a list.
type listRead struct {
	data []byte
	err  error
	// size and mtime are those of the file when data had been read; stable says
	// that they were the same before.
	size    int64
	mtime   time.Time
	stable  bool
	writers writers
}

// writers says whether somebody had a list open for writing while it was read.
type writers int

const (
	writersUnknown writers = iota
	noWriters
	someWriter
)

// settled says whether a first reading is good by itself: so it is in the usual
// case.
func (l listRead) settled(now time.Time) bool {
	age := now.Sub(l.mtime)
	switch {
	case l.err != nil:
		return true
	case !l.stable || l.size != int64(len(l.data)):
		return false
	case l.size == 0:
		return age > longEmpty
	}
	return age > justChanged
}

// agrees says whether two readings, one after the other, found the same.
func (l listRead) agrees(before listRead) bool {
	if l.err != nil || before.err != nil {
		return l.err != nil && before.err != nil && isGone(l.err) && isGone(before.err)
	}
	return l.stable && before.stable && bytes.Equal(l.data, before.data)
}

// unchanged says whether nothing was written between two readings.
func (l listRead) unchanged(before listRead) bool {
	return l.agrees(before) && l.mtime.Equal(before.mtime)
}

// looksWhole says whether a list ends as programs end it.
func (l listRead) looksWhole() bool { return l.err != nil || bytes.HasSuffix(l.data, []byte("\n")) }

// readState is what becomes of a list.
type readState int

const (
	readAgain readState = iota
	readDone
	readDoubt
)

// decide says what becomes of a list after two readings. quiet says that it has
// not changed since the first, last that there is no more time.
func decide(before, now listRead, quiet, last bool) readState {
	switch {
	case now.err != nil && !isGone(now.err):
		return readDone // told of
	case now.writers == noWriters, now.agrees(before) && now.looksWhole():
		return readDone
	case last && quiet && now.writers == writersUnknown:
		return readDone
	case last:
		return readDoubt
	}
	return readAgain
}

// read reads lists until two readings of each agree. Of all but those that have
// just been written, or are empty, one is enough. The error is that of ctx.
func (r listReader) read(ctx context.Context, paths []string) ([]listRead, error) {
	reads := make([]listRead, len(paths))
	if err := inParallel(ctx, len(paths), func(i int) { reads[i] = r.once(paths[i], false) }); err != nil {
		return nil, err
	}
	start := r.now()
	quiet := map[int]bool{} // the lists that are not settled: whether they stayed as they were
	for i := range reads {
		if !reads[i].settled(start) {
			quiet[i] = true
		}
	}
	for d := firstPause; len(quiet) > 0; d = min(2*d, longestPause) {
		if err := r.pause(ctx, d); err != nil {
			return nil, err
		}
		last := r.now().Sub(start) >= settleTime
		for i := range quiet {
			again := r.once(paths[i], true)
			quiet[i] = quiet[i] && again.unchanged(reads[i])
			state := decide(reads[i], again, quiet[i], last)
			if state == readDoubt {
				again = listRead{err: fmt.Errorf("%s: %w", paths[i], errRewritten)}
			}
			if state != readAgain {
				delete(quiet, i)
			}
			reads[i] = again
		}
	}
	return reads, nil
}

// once reads a list as it is. alone asks that nobody writes to it meanwhile, which
// makes writers wait: it is for lists that seem to be written.
func (r listReader) once(path string, alone bool) (l listRead) {
	f, err := open.Regular(path)
	if err != nil {
		return listRead{err: err}
	}
	defer f.Close()
	if alone {
		release, err := open.HoldOffWriters(f)
		switch {
		case err == nil:
			defer release()
			l.writers = noWriters
		case errors.Is(err, open.ErrBeingWritten):
			l.writers = someWriter
		}
	}
	before, err := f.Stat()
	if err != nil {
		return listRead{err: err}
	}
	if before.Size() > 0 { // else it may be a file of /proc, which has no end
		if l.data, err = open.ReadAll(f, r.limit); err != nil {
			return listRead{err: err}
		}
	}
	after, err := f.Stat()
	if err != nil {
		return listRead{err: err}
	}
	l.size, l.mtime = after.Size(), after.ModTime()
	l.stable = before.Size() == after.Size() && before.ModTime().Equal(after.ModTime())
	return l
}
