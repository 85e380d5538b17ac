package progress

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"

	"gclean/internal/terminal"
	"gclean/internal/units"
	"gclean/internal/visible"
)

// Unit is what a bar counts.
type Unit int

// The units of bars.
const (
	Files Unit = iota
	Bytes
)

// count is the progress in words.
func (u Unit) count(done, total int64) string {
	if u == Bytes {
		return units.Bytes(done) + " / " + units.Bytes(total)
	}
	return fmt.Sprintf("%d / %d files", done, total)
}

// rate is the speed in words.
func (u Unit) rate(done int64, d time.Duration) string {
	if d < time.Second {
		return ""
	}
	perSecond := int64(float64(done) / d.Seconds())
	if u == Bytes {
		return units.Bytes(perSecond) + "/s"
	}
	return fmt.Sprintf("%d/s", perSecond)
}

const (
	redrawEvery = 100 * time.Millisecond
	leastBar    = 8  // columns; a shorter bar shows nothing
	longestBar  = 40 // columns
)

// Bar is a progress bar in the last line of a terminal, after a text. It disappears when
// it is finished, or when its context ends.
//
// The cursor stays in the first column of the bar. A terminal that gets narrower wraps
// the bar into several lines, and keeps the cursor at the beginning of the first. So
// everything from the cursor to the end of the screen is the bar.
type Bar struct {
	out    io.Writer
	erase  bool // by an escape sequence
	width  func() int
	unit   Unit
	began  time.Time
	cancel func() bool // called when the context ends
	done   chan struct{}

	mu          sync.Mutex
	text        string
	steps       int64
	total       int64
	line        string // what is on the screen now
	lineColumns int
	ended       bool
}

// NewBar shows a bar of total steps on the terminal stderr.
func NewBar(ctx context.Context, stderr io.Writer, total int64, text string, unit Unit) *Bar {
	b := newBar(stderr, total, text, unit)
	b.erase, b.width = terminal.Escapes(stderr), func() int { return terminal.Width(stderr) }
	b.cancel = context.AfterFunc(ctx, b.end)
	go b.redraw()
	return b
}

func newBar(out io.Writer, total int64, text string, unit Unit) *Bar {
	return &Bar{
		out: out, unit: unit, began: time.Now(), done: make(chan struct{}),
		total: max(total, 1), text: visible.String(text),
	}
}

// redraw draws the bar until it is finished.
func (b *Bar) redraw() {
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			b.draw()
		case <-b.done:
			return
		}
	}
}

// Describe changes the text.
func (b *Bar) Describe(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = visible.String(text)
}

// Add counts n steps.
func (b *Bar) Add(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.steps = min(b.steps+n, b.total)
}

// Write writes whole lines above the bar.
func (b *Bar) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	return b.out.Write(p)
}

// Finish removes the bar from the screen.
func (b *Bar) Finish() {
	b.cancel()
	b.end()
}

func (b *Bar) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	b.ended = true
	close(b.done)
	b.clear()
}

// draw shows the present state of the bar.
func (b *Bar) draw() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	// In the last column, some terminals begin a new line.
	line := b.compose(b.width() - 1)
	if line == b.line {
		return
	}
	columns := runewidth.StringWidth(line)
	if b.erase {
		io.WriteString(b.out, "\r\x1b[J"+line+"\r")
	} else {
		io.WriteString(b.out, "\r"+line+strings.Repeat(" ", max(b.lineColumns-columns, 0))+"\r")
	}
	b.line, b.lineColumns = line, columns
}

// clear removes the bar from the screen until it is drawn again.
func (b *Bar) clear() {
	switch {
	case b.erase: // also erases the ^C that Ctrl-C shows
		io.WriteString(b.out, "\r\x1b[J")
	case b.lineColumns > 0:
		io.WriteString(b.out, "\r"+strings.Repeat(" ", b.lineColumns)+"\r")
	}
	b.line, b.lineColumns = "", 0
}

// compose is the bar in at most width columns. It leaves out the least important parts
// first.
func (b *Bar) compose(width int) string {
	count, rate := b.unit.count(b.steps, b.total), b.unit.rate(b.steps, time.Since(b.began))
	if rate != "" {
		rate = "  " + rate
	}
	const around = " [] "
	for _, tail := range []string{count + rate, count} {
		room := width - runewidth.StringWidth(b.text+around+tail)
		if room >= leastBar {
			room = min(room, longestBar)
			full := int(float64(b.steps) / float64(b.total) * float64(room))
			return b.text + " [" + strings.Repeat("=", full) + strings.Repeat(" ", room-full) + "] " + tail
		}
	}
	if line := b.text + " " + count; runewidth.StringWidth(line) <= width {
		return line
	}
	return runewidth.Truncate(b.text, width, "")
}
