package main

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// bar is a progress bar on a terminal, with a text in front. It goes away when
// it is finished.
type bar struct {
	screen *mpb.Progress
	bar    *mpb.Bar
	text   atomic.Pointer[string]
}

// newBar shows a bar of total steps; unit are the decorators behind it.
func newBar(stderr io.Writer, total int64, text string, unit ...decor.Decorator) *bar {
	b := &bar{screen: mpb.New(mpb.WithOutput(stderr), mpb.WithAutoRefresh(), mpb.WithRefreshRate(100*time.Millisecond))}
	b.describe(text)
	b.bar = b.screen.AddBar(max(total, 1),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return *b.text.Load() + " " })),
		mpb.AppendDecorators(unit...),
		mpb.BarRemoveOnComplete(),
	)
	return b
}

// describe changes the text.
func (b *bar) describe(text string) { b.text.Store(&text) }

// add counts n steps.
func (b *bar) add(n int64) { b.bar.IncrInt64(n) }

// finish takes the bar off the screen.
func (b *bar) finish() {
	b.bar.Abort(true)
	b.screen.Wait()
}
