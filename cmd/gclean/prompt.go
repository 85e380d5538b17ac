package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// answer is the result of the question.
type answer int

const (
	answerNone answer = iota // end of input, or input that no person typed
	answerYes
	answerNo
)

// pipeWait is how long gclean waits for a pipe to say "n". A pipe cannot say yes, so only
// the words of the message depend on it. Without a limit, a build would hang if its stdin
// is a pipe that nobody writes to.
const pipeWait = time.Second

// ask repeats conda's question until there is an answer. Only a line that ends on a
// terminal can say yes, never the end of input. The error is that of ctx or of out.
func ask(ctx context.Context, in io.Reader, terminal bool, out *output) (answer, error) {
	wait := ctx
	if !terminal {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeout(ctx, pipeWait)
		defer cancel()
	}
	lines := make(chan string)
	go readLines(wait, in, lines)
	for {
		out.WriteString("Proceed ([y]/n)? ")
		if err := out.commit(); err != nil {
			return answerNone, outputError{err: err, outcome: nothingRemoved}
		}
		line, ok := "", false
		select {
		case line, ok = <-lines:
		case <-wait.Done():
			if err := ctx.Err(); err != nil {
				return answerNone, err
			}
		}
		word, whole := strings.CutSuffix(line, "\n")
		word = strings.ToLower(strings.TrimSpace(word))
		a := answerNone
		switch {
		case ok && (word == "n" || word == "no"):
			a = answerNo
		case !ok || !terminal || !whole:
		case word == "" || word == "y" || word == "yes":
			a = answerYes
		default:
			fmt.Fprintf(out, "Invalid choice: %s\n", printable(word))
			continue
		}
		out.WriteString("\n")
		if err := out.commit(); err != nil {
			return answerNone, outputError{err: err, outcome: nothingRemoved}
		}
		return a, nil
	}
}

// maxLine is how many bytes of a line gclean reads, the limit of a terminal.
const maxLine = 4096

// readLines sends each line, with its line ending. It closes lines at the end of input,
// or if a line is too long for an answer.
func readLines(ctx context.Context, in io.Reader, lines chan<- string) {
	defer close(lines)
	r := bufio.NewReaderSize(in, maxLine)
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) || len(line) == 0 {
			return
		}
		select {
		case lines <- string(line):
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}
