package progress

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"gclean/internal/terminal"
)

// plainEvery is the time between lines if there is no terminal: the log of a container
// build or of cron should have few.
const plainEvery = 10 * time.Second

// Gauge shows progress on stderr: a bar on a terminal, else a line from time to time. A
// goroutine that changes its content must hold its lock.
type Gauge struct {
	sync.Mutex
	err  io.Writer
	bar  *Bar // nil if no bar can be drawn
	told time.Time
}

// NewGauge returns a gauge that shows nothing yet.
func NewGauge(stderr io.Writer) *Gauge { return &Gauge{err: stderr, told: time.Now()} }

// Begin shows a bar of total steps on a terminal, until ctx or the gauge ends.
func (g *Gauge) Begin(ctx context.Context, total int64, text string, unit Unit) {
	if terminal.Moves(g.err) {
		g.bar = NewBar(ctx, g.err, total, text, unit)
	}
}

// Describe changes the text of the bar.
func (g *Gauge) Describe(text string) {
	if g.bar != nil {
		g.bar.Describe(text)
	}
}

// Add counts n steps. If there is no bar, it writes line when it is time for one.
func (g *Gauge) Add(n int64, line func() string) {
	switch {
	case g.bar != nil:
		g.bar.Add(n)
	case time.Since(g.told) >= plainEvery:
		g.told = time.Now()
		fmt.Fprintln(g.err, line())
	}
}

// Write writes whole lines to stderr, above the bar.
func (g *Gauge) Write(p []byte) (int, error) {
	if g.bar != nil {
		return g.bar.Write(p)
	}
	return g.err.Write(p)
}

// Close removes the bar from the screen.
func (g *Gauge) Close() {
	if g.bar != nil {
		g.bar.Finish()
	}
}
