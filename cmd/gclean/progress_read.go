package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"gclean/cache/verify"
	"gclean/internal/units"
)

// readProgress shows on stderr how far reading is: a bar on a terminal, else a
// line now and then.
type readProgress struct {
	err    io.Writer
	title  string
	mu     sync.Mutex
	bar    *bar // nil where there is no terminal
	count  int
	total  int64
	bytes  int64
	broken int
	told   time.Time
}

func newReadProgress(stderr io.Writer, title string) *readProgress {
	return &readProgress{err: stderr, title: title, told: time.Now()}
}

// begin tells how much there is to read.
func (p *readProgress) begin(entries int, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count, p.total = entries, total
	f, ok := p.err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || entries == 0 {
		return
	}
	p.bar = newBar(p.err, total, p.title, decor.CountersKibiByte("% .1f / % .1f"), decor.AverageSpeed(decor.SizeB1024(0), " % .0f"))
}

// read counts bytes that were read.
func (p *readProgress) read(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes += n
	if p.bar != nil {
		p.bar.add(n)
	} else if time.Since(p.told) >= plainEvery {
		p.told = time.Now()
		fmt.Fprintf(p.err, "%s: %s of %s in %s, %d broken so far\n", p.title, units.Bytes(p.bytes), units.Bytes(p.total), count(p.count), p.broken)
	}
}

// done counts an entry that was read.
func (p *readProgress) done(c *verify.Check) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.Broken() {
		p.broken++
		if p.bar != nil {
			p.bar.describe(fmt.Sprintf("%s, %d broken", p.title, p.broken))
		}
	}
}

// close takes the bar off the screen. A nil progress shows nothing.
func (p *readProgress) close() {
	if p != nil && p.bar != nil {
		p.bar.finish()
	}
}
