package main

import (
	"fmt"
	"io"

	"github.com/vbauerster/mpb/v8/decor"

	"gclean/cache/verify"
	"gclean/internal/progress"
	"gclean/internal/units"
)

// readProgress shows how far reading is.
type readProgress struct {
	*progress.Gauge
	title  string
	count  int
	total  int64
	bytes  int64
	broken int
}

func newReadProgress(stderr io.Writer, title string) *readProgress {
	return &readProgress{Gauge: progress.NewGauge(stderr), title: title}
}

// start tells how much there is to read.
func (p *readProgress) start(entries int, total int64) {
	p.Lock()
	defer p.Unlock()
	p.count, p.total = entries, total
	if entries > 0 {
		p.Begin(total, p.title, decor.CountersKibiByte("% .1f / % .1f"), decor.AverageSpeed(decor.SizeB1024(0), " % .0f"))
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

// close takes the bar off the screen. A nil progress shows nothing.
func (p *readProgress) close() {
	if p != nil {
		p.Gauge.Close()
	}
}
