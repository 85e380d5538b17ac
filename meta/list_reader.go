package meta

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"gclean/walk/open"
)

// listReader reads lists that others rewrite in place. conda and mamba open
// environments.txt, which empties it, and then write it (_rewrite_environments_txt in
// conda/core/envs_manager.py). A reader between these two steps finds it empty.
type listReader struct {
	now   func() time.Time
	pause func(ctx context.Context, d time.Duration) error
	limit int64 // largest size of a list, in bytes
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
	longEmpty    = time.Hour             // an empty list older than this is empty, even if the server's clock is wrong
	firstPause   = 10 * time.Millisecond // between two reads; doubles each time
	longestPause = 80 * time.Millisecond
	settleTime   = time.Second // all pauses together, for all lists
)

// errRewritten means that a list changes faster than it can be read.
var errRewritten = errors.New("it keeps changing")

// listRead is the result of reading a list once.
type listRead struct {
	data []byte
	err  error
	// size and mtime are those of the file after reading; stable says that they were the
	// same before.
	size    int64
	mtime   time.Time
	stable  bool
	writers writers
}

// writers says whether a process had a list open for writing while it was read.
type writers int

const (
	writersUnknown writers = iota
	noWriters
	someWriter
)

// settled reports whether the first read is reliable by itself, as it usually is.
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

// agrees reports whether two consecutive reads found the same.
func (l listRead) agrees(before listRead) bool {
	if l.err != nil || before.err != nil {
		return l.err != nil && before.err != nil && isGone(l.err) && isGone(before.err)
	}
	return l.stable && before.stable && bytes.Equal(l.data, before.data)
}

// unchanged reports whether nothing was written between two reads.
func (l listRead) unchanged(before listRead) bool {
	return l.agrees(before) && l.mtime.Equal(before.mtime)
}

// looksWhole reports whether a list ends as programs end it.
func (l listRead) looksWhole() bool { return l.err != nil || bytes.HasSuffix(l.data, []byte("\n")) }

// readState is the decision about a list.
type readState int

const (
	readAgain readState = iota
	readDone
	readDoubt
)

// decide decides about a list after two reads. quiet says that it has not changed since the
// first read, last that there is no more time.
func decide(before, now listRead, quiet, last bool) readState {
	switch {
	case now.err != nil && !isGone(now.err):
		return readDone // reported by the caller
	case now.writers == noWriters, now.agrees(before) && now.looksWhole():
		return readDone
	case last && quiet && now.writers == writersUnknown:
		return readDone
	case last:
		return readDoubt
	}
	return readAgain
}

// read reads lists until two reads of each agree. One read is enough for most: all except
// those that have just been written or are empty. It returns an error only if ctx ends.
func (r listReader) read(ctx context.Context, paths []string) ([]listRead, error) {
	reads := make([]listRead, len(paths))
	if err := inParallel(ctx, len(paths), func(i int) { reads[i] = r.once(paths[i], false) }); err != nil {
		return nil, err
	}
	start := r.now()
	quiet := map[int]bool{} // unsettled lists; whether each has stayed the same
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

// once reads a list. alone keeps others from writing to it meanwhile. That makes writers
// wait, so it is for lists that seem to be being written.
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
	if before.Size() > 0 { // otherwise it may be a file of /proc, which has no end
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
