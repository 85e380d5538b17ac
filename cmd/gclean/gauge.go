package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8/decor"
)

// plainEvery is how often a line is written where there is no terminal: a log
// of a container build or of cron wants few.
const plainEvery = 10 * time.Second

// gauge shows on stderr how far work is: a bar on a terminal, else a line now
// and then. Who changes what it shows holds mu.
type gauge struct {
	err  io.Writer
	mu   sync.Mutex
	bar  *bar // nil where there is no terminal
	told time.Time
}

func newGauge(stderr io.Writer) gauge { return gauge{err: stderr, told: time.Now()} }

// begin shows a bar, on a terminal, of total steps.
func (g *gauge) begin(total int64, text string, unit ...decor.Decorator) {
	if isTerminal(g.err) {
		g.bar = newBar(g.err, total, text, unit...)
	}
}

// describe changes the text of the bar.
func (g *gauge) describe(text string) {
	if g.bar != nil {
		g.bar.describe(text)
	}
}

// add counts n steps. line is what is written where there is no bar, once it is
// time for one.
func (g *gauge) add(n int64, line func() string) {
	switch {
	case g.bar != nil:
		g.bar.add(n)
	case time.Since(g.told) >= plainEvery:
		g.told = time.Now()
		fmt.Fprintln(g.err, line())
	}
}

// close takes the bar off the screen.
func (g *gauge) close() {
	if g.bar != nil {
		g.bar.finish()
	}
}
