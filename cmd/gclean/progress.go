package main

import (
	"fmt"
	"io"

	"github.com/vbauerster/mpb/v8/decor"

	"gclean/cache"
	"gclean/internal/progress"
	"gclean/internal/units"
)

// removalProgress shows how far a removal is.
type removalProgress struct {
	*progress.Gauge
	entries int
	files   int64
	freed   int64
	all     cache.Sizes
	count   int
}

func newProgress(stderr io.Writer, plan *cache.Plan) *removalProgress {
	p := &removalProgress{Gauge: progress.NewGauge(stderr), all: cache.SizesOf(plan.Remove), count: len(plan.Remove)}
	var files int64
	for _, e := range plan.Remove {
		files += e.Usage.Files + e.Usage.Dirs
	}
	p.Begin(files, p.state(), decor.CountersNoUnit("%d / %d files"), decor.AverageSpeed(0, " %.0f/s"))
	return p
}

// names counts files and folders that went.
func (p *removalProgress) names(n int) {
	p.Lock()
	defer p.Unlock()
	p.went(int64(n))
}

// done counts an entry that went.
func (p *removalProgress) done(e *cache.Entry, err error) {
	p.Lock()
	defer p.Unlock()
	if err != nil {
		return
	}
	p.entries++
	p.freed += e.Usage.Freed()
	if e.Usage.Dirs == 0 { // a file: nothing else counts it
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

// state is how far it is, in words.
func (p *removalProgress) state() string {
	return fmt.Sprintf("%d of %d entries, %s of %s", p.entries, p.count, units.Bytes(p.freed), units.Bytes(p.all.Freed))
}
