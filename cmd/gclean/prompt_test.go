package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const question = "Proceed ([y]/n)? "

func TestAsk(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		terminal bool
		want     answer
		out      string
	}{
		{"y", "y\n", true, answerYes, question + "\n"},
		{"yes in capitals", " YES \r\n", true, answerYes, question + "\n"},
		{"Enter", "\n", true, answerYes, question + "\n"},
		{"n", "n\n", true, answerNo, question + "\n"},
		{"no", "No\n", true, answerNo, question + "\n"},
		{"end of input", "", true, answerNone, question + "\n"},
		{"end of input after y", "y", true, answerNone, question + "\n"},
		{"end of input after n", "n", true, answerNo, question + "\n"},
		{"another word", "maybe\n\x1b[2J\ny\n", true, answerYes,
			question + "Invalid choice: maybe\n" + question + `Invalid choice: \x1b[2j` + "\n" + question + "\n"},
		{"another word, then nothing", "maybe\n", true, answerNone, question + "Invalid choice: maybe\n" + question + "\n"},
		{"a line without end", strings.Repeat("y", 1<<20), true, answerNone, question + "\n"},
		{"piped n", "n\n", false, answerNo, question + "\n"},
		{"piped n without end", "n", false, answerNo, question + "\n"},
		{"piped y", "y\n", false, answerNone, question + "\n"},
		{"piped empty line", "\n", false, answerNone, question + "\n"},
		{"piped yes for ever", strings.Repeat("y\n", 1<<16), false, answerNone, question + "\n"},
		{"nothing piped", "", false, answerNone, question + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			got, err := ask(t.Context(), strings.NewReader(tt.in), tt.terminal, newOutput(&out))
			if got != tt.want || err != nil {
				t.Errorf("answer %d, %v; want %d", got, err, tt.want)
			}
			if out.String() != tt.out {
				t.Errorf("printed %q, want %q", out.String(), tt.out)
			}
		})
	}
}

func TestAskDoesNotWaitForAPipeThatStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		defer w.Close()
		began := time.Now()
		if got, err := ask(t.Context(), r, false, newOutput(io.Discard)); got != answerNone || err != nil {
			t.Errorf("answer %d, %v; want none", got, err)
		}
		if waited := time.Since(began); waited != pipeWait {
			t.Errorf("it waited for %s, want %s", waited, pipeWait)
		}
	})
}

func TestAskIsInterrupted(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		r, w := io.Pipe()
		cancel()
		if got, err := ask(ctx, r, terminal, newOutput(io.Discard)); got == answerYes || !errors.Is(err, context.Canceled) {
			t.Errorf("terminal %v: answer %d, %v; want %v", terminal, got, err, context.Canceled)
		}
		w.Close()
	}
}

func TestAskNeedsAVisibleQuestion(t *testing.T) {
	got, err := ask(t.Context(), strings.NewReader("y\n"), true, newOutput(fullDisk{}))
	if got == answerYes || err == nil {
		t.Errorf("answer %d, %v; want an error", got, err)
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
