package progress

import (
	"io"
	"sync/atomic"
	"time"

	"gclean/internal/terminal"
	"gclean/internal/visible"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// Bar is a progress bar on a terminal, with a text in front. It goes away when
// it is finished. It needs the terminal itself, so its text is made fit to be shown here.
type Bar struct {
	screen *mpb.Progress
	bar    *mpb.Bar
	text   atomic.Pointer[string]
}

// NewBar shows a bar of total steps; unit are the decorators behind it.
func NewBar(stderr io.Writer, total int64, text string, unit ...decor.Decorator) *Bar {
	if f := terminal.File(stderr); f != nil {
		stderr = f
	}
	b := &Bar{screen: mpb.New(mpb.WithOutput(stderr), mpb.WithAutoRefresh(), mpb.WithRefreshRate(100*time.Millisecond))}
	b.Describe(text)
	b.bar = b.screen.AddBar(max(total, 1),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return *b.text.Load() + " " })),
		mpb.AppendDecorators(unit...),
		mpb.BarRemoveOnComplete(),
	)
	return b
}

// Describe changes the text.
func (b *Bar) Describe(text string) {
	text = visible.String(text)
	b.text.Store(&text)
}

// Add counts n steps.
func (b *Bar) Add(n int64) { b.bar.IncrInt64(n) }

// Finish takes the bar off the screen.
func (b *Bar) Finish() {
	b.bar.Abort(true)
	b.screen.Wait()
}
