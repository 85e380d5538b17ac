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

// answer is what came of the question.
type answer int

const (
	answerNone answer = iota // end of input, or not from a person
	answerYes
	answerNo
)

// pipeWait is how long a pipe has to say "n". It cannot say yes, so no more
// hangs on it than the words of the message; without a limit, a build whose
// stdin is a pipe that nobody writes to would wait for ever.
const pipeWait = time.Second

// ask asks conda's question until there is an answer. Only a line that was
// ended on a terminal says yes; end of input never does. The error is that of
// ctx or of out.
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

// maxLine is how much of a line is read, in bytes: what a terminal takes.
const maxLine = 4096

// readLines sends each line with its end, and closes lines at the end of input
// or at a line that is too long for an answer.
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
