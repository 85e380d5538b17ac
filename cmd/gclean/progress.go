package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"gclean/cache"
	"gclean/internal/units"
)

// plainEvery is how often a line is written where there is no terminal: a log
// of a container build or of cron wants few.
const plainEvery = 10 * time.Second

// progress shows on stderr how far a removal is: a bar on a terminal, else a
// line now and then.
type progress struct {
	err     io.Writer
	mu      sync.Mutex
	bar     *bar // nil where there is no terminal
	entries int
	files   int64
	freed   int64
	all     cache.Sizes
	count   int
	told    time.Time
}

func newProgress(stderr io.Writer, plan *cache.Plan) *progress {
	p := &progress{err: stderr, all: cache.SizesOf(plan.Remove), count: len(plan.Remove), told: time.Now()}
	f, ok := stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return p
	}
	var files int64
	for _, e := range plan.Remove {
		files += e.Usage.Files + e.Usage.Dirs
	}
	p.bar = newBar(stderr, files, p.state(), decor.CountersNoUnit("%d / %d files"), decor.AverageSpeed(0, " %.0f/s"))
	return p
}

// names counts files and folders that went.
func (p *progress) names(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files += int64(n)
	p.show(n)
}

// done counts an entry that went.
func (p *progress) done(e *cache.Entry, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		return
	}
	p.entries++
	p.freed += e.Usage.Disk
	single := 0
	if e.Usage.Dirs == 0 { // a file: nothing else counts it
		single = 1
	}
	p.files += int64(single)
	p.show(single)
}

// state is how far it is, in words.
func (p *progress) state() string {
	return fmt.Sprintf("%d of %d entries, %s of %s", p.entries, p.count, units.Bytes(p.freed), units.Bytes(p.all.Freed))
}

func (p *progress) show(n int) {
	if p.bar != nil {
		p.bar.describe(p.state())
		p.bar.add(int64(n))
		return
	}
	if time.Since(p.told) >= plainEvery {
		p.told = time.Now()
		fmt.Fprintf(p.err, "Removing: %s, %d files so far\n", p.state(), p.files)
	}
}

// close takes the bar off the screen.
func (p *progress) close() {
	if p.bar != nil {
		p.bar.finish()
	}
}
