package main

import (
	"context"
	"fmt"
	"io"

	"gclean/cache"
	"gclean/cache/verify"
	"gclean/internal/progress"
	"gclean/internal/units"
)

// removalProgress shows the progress of a removal.
type removalProgress struct {
	*progress.Gauge
	entries int
	files   int64
	freed   int64
	all     cache.Sizes
	count   int
}

func newProgress(ctx context.Context, stderr io.Writer, plan *cache.Plan) *removalProgress {
	p := &removalProgress{Gauge: progress.NewGauge(stderr), all: cache.SizesOf(plan.Remove), count: len(plan.Remove)}
	var files int64
	for _, e := range plan.Remove {
		files += e.Usage.Files + e.Usage.Dirs
	}
	p.Begin(ctx, files, p.state(), progress.Files)
	return p
}

// names counts removed files and folders.
func (p *removalProgress) names(n int) {
	p.Lock()
	defer p.Unlock()
	p.went(int64(n))
}

// done counts a removed entry.
func (p *removalProgress) done(e *cache.Entry, err error) {
	p.Lock()
	defer p.Unlock()
	if err != nil {
		return
	}
	p.entries++
	if !e.Aside() {
		p.freed += e.Usage.Freed()
	}
	if e.Usage.Dirs == 0 { // a file, which nothing else counts
		p.went(1)
	} else {
		p.went(0)
	}
}

func (p *removalProgress) went(files int64) {
	p.files += files
	p.Describe(p.state())
	p.Add(files, func() string { return fmt.Sprintf("Removing: %s, %d files so far", p.state(), p.files) })
}

// state is the progress in words.
func (p *removalProgress) state() string {
	return fmt.Sprintf("%d of %d entries, %s of %s", p.entries, p.count, units.Bytes(p.freed), units.Bytes(p.all.Freed))
}

// readProgress shows the progress of reading.
type readProgress struct {
	*progress.Gauge
	ctx    context.Context // for the bar, which a callback starts
	title  string
	count  int
	total  int64
	bytes  int64
	broken int
}

func newReadProgress(ctx context.Context, stderr io.Writer, title string) *readProgress {
	return &readProgress{Gauge: progress.NewGauge(stderr), ctx: ctx, title: title}
}

// start says how much there is to read.
func (p *readProgress) start(entries int, total int64) {
	p.Lock()
	defer p.Unlock()
	p.count, p.total = entries, total
	if entries > 0 {
		p.Begin(p.ctx, total, p.title, progress.Bytes)
	}
}

// read counts bytes that were read.
func (p *readProgress) read(n int64) {
	p.Lock()
	defer p.Unlock()
	p.bytes += n
	p.Add(n, func() string {
		return fmt.Sprintf("%s: %s of %s in %s, %d broken so far", p.title, units.Bytes(p.bytes), units.Bytes(p.total), count(p.count), p.broken)
	})
}

// done counts an entry that was read.
func (p *readProgress) done(c *verify.Check) {
	p.Lock()
	defer p.Unlock()
	if c.Broken() {
		p.broken++
		p.Describe(fmt.Sprintf("%s, %d broken", p.title, p.broken))
	}
}

// close removes the bar from the screen. A nil progress shows nothing.
func (p *readProgress) close() {
	if p != nil {
		p.Gauge.Close()
	}
}
