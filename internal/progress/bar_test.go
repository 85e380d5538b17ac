package progress

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
)

// TestBarFits leaves out what matters least, and never begins a second line.
func TestBarFits(t *testing.T) {
	for _, tt := range []struct {
		text  string
		unit  Unit
		done  int64
		width int
		want  string
	}{
		{"Verifying", Bytes, 512 << 20, 80, "Verifying [====================                    ] 512.0 MB / 1.00 GB"},
		{"Verifying", Bytes, 512 << 20, 41, "Verifying [=====     ] 512.0 MB / 1.00 GB"},
		{"Verifying", Bytes, 512 << 20, 38, "Verifying 512.0 MB / 1.00 GB"},
		{"Verifying", Bytes, 512 << 20, 20, "Verifying"},
		{"Verifying", Bytes, 512 << 20, 4, "Veri"},
		{"Removing", Files, 7, 60, "Removing [                            ] 7 / 1073741824 files"},
		{"数値\x1b[2J計算", Files, 0, 10, `数値\x1b[2`},
	} {
		b := newBar(nil, 1<<30, tt.text, tt.unit)
		b.Add(tt.done)
		if got := b.compose(tt.width); got != tt.want || runewidth.StringWidth(got) > tt.width {
			t.Errorf("%d columns: %q, want %q", tt.width, got, tt.want)
		}
	}
}

// TestBarUsesTheCommonUnits writes sizes as everything else does.
func TestBarUsesTheCommonUnits(t *testing.T) {
	if got := Bytes.rate(300<<20, 10*time.Second); got != "30.0 MB/s" {
		t.Errorf("%q", got)
	}
	if got := Files.rate(500, 2*time.Second); got != "250/s" {
		t.Errorf("%q", got)
	}
	if got := Files.rate(500, 0); got != "" {
		t.Errorf("%q: nothing is known yet", got)
	}
}

// TestBarIsErased takes the bar off the screen before a line and at the end, with escape
// sequences and without.
func TestBarIsErased(t *testing.T) {
	const first, second = "Removing 0 / 100 files", "Removing 50 / 100 files"
	for _, tt := range []struct {
		erase bool
		want  string
	}{
		{true, "\r\x1b[J" + first + "\r" + "\r\x1b[J" + "a line\n" + "\r\x1b[J" + second + "\r" + "\r\x1b[J"},
		{false, "\r" + first + "\r" + "\r" + strings.Repeat(" ", len(first)) + "\r" + "a line\n" + "\r" + second + "\r" + "\r" + strings.Repeat(" ", len(second)) + "\r"},
	} {
		var out strings.Builder
		b := newBar(&out, 100, "Removing", Files)
		b.erase, b.width, b.cancel = tt.erase, func() int { return 30 }, func() bool { return true }
		b.draw()
		b.draw() // nothing has changed
		fmt.Fprintln(b, "a line")
		b.Add(50)
		b.draw()
		b.Finish()
		b.draw() // late
		b.Finish()
		if got := out.String(); got != tt.want {
			t.Errorf("erase %v: %q, want %q", tt.erase, got, tt.want)
		}
	}
}

// TestBarGetsShorter leaves nothing of a longer one.
func TestBarGetsShorter(t *testing.T) {
	var out strings.Builder
	b := newBar(&out, 100, "a long text", Files)
	b.width = func() int { return 31 }
	b.draw()
	b.Describe("text")
	b.width = func() int { return 10 }
	b.draw()
	if want := "\ra long text 0 / 100 files\r\rtext" + strings.Repeat(" ", 21) + "\r"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
