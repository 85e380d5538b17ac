package meta

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestSettled: one read is enough only for a complete list that was not written just now.
func TestSettled(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	read := func(text string, age time.Duration) listRead {
		return listRead{data: []byte(text), size: int64(len(text)), mtime: now.Add(-age), stable: true}
	}
	torn, grown := read("/a\n", time.Hour), read("/a\n", time.Hour)
	torn.stable = false
	grown.size++
	for name, test := range map[string]struct {
		read listRead
		want bool
	}{
		"old":                        {read("/a\n", time.Minute), true},
		"old, no newline at the end": {read("/a", time.Minute), true},
		"just written":               {read("/a\n", time.Second), false},
		"changed in the future":      {read("/a\n", -time.Hour), false},
		"empty":                      {read("", time.Minute), false},
		"empty for a day":            {read("", 24*time.Hour), true},
		"torn":                       {torn, false},
		"grown":                      {grown, false},
		"missing":                    {listRead{err: os.ErrNotExist}, true},
	} {
		if got := test.read.settled(now); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestDecide(t *testing.T) {
	read := func(text string, mtime int64, w writers) listRead {
		return listRead{data: []byte(text), size: int64(len(text)), mtime: time.Unix(mtime, 0), stable: true, writers: w}
	}
	gone := listRead{err: os.ErrNotExist}
	const again, done, doubt = readAgain, readDone, readDoubt
	for name, test := range map[string]struct {
		before, now     listRead
		first, atTheEnd readState // after the first pause, and when the time is over
	}{
		"two agree":                    {read("/a\n", 1, 0), read("/a\n", 2, someWriter), done, done},
		"two differ":                   {read("/a\n", 1, 0), read("/b\n", 2, 0), again, doubt},
		"empty, then full":             {read("", 1, 0), read("/a\n", 1, 0), again, doubt},
		"empty, and nobody writes":     {read("", 1, 0), read("", 1, noWriters), done, done},
		"empty, and somebody writes":   {read("", 1, 0), read("", 1, someWriter), again, doubt},
		"empty, unknown who writes":    {read("", 1, 0), read("", 1, 0), again, done},
		"emptied again":                {read("", 1, 0), read("", 2, 0), again, doubt},
		"cut off":                      {read("/a\n/b", 1, 0), read("/a\n/b", 1, 0), again, done},
		"cut off, and somebody writes": {read("/a\n/b", 1, 0), read("/a\n/b", 1, someWriter), again, doubt},
		"removed":                      {read("/a\n", 1, 0), gone, again, doubt},
		"removed for good":             {gone, gone, done, done},
		"no longer readable":           {read("/a\n", 1, 0), listRead{err: os.ErrPermission}, done, done},
	} {
		quiet := test.now.unchanged(test.before)
		if got := decide(test.before, test.now, quiet, false); got != test.first {
			t.Errorf("%s: %d, want %d", name, got, test.first)
		}
		if got := decide(test.before, test.now, quiet, true); got != test.atTheEnd {
			t.Errorf("%s, at the end: %d, want %d", name, got, test.atTheEnd)
		}
	}
}

// clockReader returns a reader with a clock that pauses advance; it calls step after each
// pause.
func clockReader(pauses *int, step func(n int)) listReader {
	now := time.Now()
	return listReader{
		now: func() time.Time { return now },
		pause: func(ctx context.Context, d time.Duration) error {
			*pauses++
			now = now.Add(d)
			step(*pauses)
			return ctx.Err()
		},
		limit: maxEnvironmentsTxt,
	}
}

// TestReadListsBeingWritten has a writer that was caught between emptying and writing a
// list, and one that never stops.
func TestReadListsBeingWritten(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	old := time.Now().Add(-time.Minute)
	write := func(name, text string) { must(t, os.WriteFile(path(name), []byte(text), 0o644)) }
	for name, text := range map[string]string{"old": "/a\n", "caught": "", "busy": "", "empty": ""} {
		write(name, text)
		must(t, os.Chtimes(path(name), old, old))
	}
	open, err := os.OpenFile(path("busy"), os.O_WRONLY, 0)
	must(t, err)
	defer open.Close()
	caught, err := os.OpenFile(path("caught"), os.O_WRONLY|os.O_TRUNC, 0)
	must(t, err)
	pauses := 0
	r := clockReader(&pauses, func(n int) {
		when := old.Add(time.Duration(n) * time.Second)
		must(t, os.Chtimes(path("busy"), when, when))
		if n == 3 {
			_, err := caught.WriteString("/a\n")
			must(t, errors.Join(err, caught.Close()))
		}
	})
	reads, err := r.read(context.Background(), []string{path("old"), path("caught"), path("busy"), path("empty"), path("missing")})
	must(t, err)
	if string(reads[0].data) != "/a\n" || string(reads[1].data) != "/a\n" {
		t.Errorf("old %+v, caught %+v", reads[0], reads[1])
	}
	if !errors.Is(reads[2].err, errRewritten) {
		t.Errorf("busy %+v", reads[2])
	}
	if len(reads[3].data) > 0 || reads[3].err != nil || !isGone(reads[4].err) {
		t.Errorf("empty %+v, missing %+v", reads[3], reads[4])
	}
	if pauses == 0 || pauses > 20 {
		t.Errorf("%d pauses", pauses)
	}
}

func TestReadSettledLists(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	must(t, os.WriteFile(path, []byte("/a\n"), 0o644))
	old := time.Now().Add(-time.Minute)
	must(t, os.Chtimes(path, old, old))
	pauses := 0
	r := clockReader(&pauses, func(int) {})
	if reads, err := r.read(context.Background(), []string{path, path + "-missing"}); err != nil || pauses > 0 || string(reads[0].data) != "/a\n" {
		t.Errorf("%+v, %v, %d pauses", reads, err, pauses)
	}
}

func TestReadListsIsInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	must(t, os.WriteFile(path, nil, 0o644))
	ctx, cancel := context.WithCancel(context.Background())
	pauses := 0
	r := clockReader(&pauses, func(int) { cancel() })
	if _, err := r.read(ctx, []string{path}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
