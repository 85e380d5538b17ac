package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"gclean/internal/visible"
	"gclean/walk"
)

// output is stdout, without secrets. It keeps its errors until commit returns them, so
// callers that print need not check.
type output struct {
	*bufio.Writer
	safe *visible.Writer
	file *os.File // set if stdout is a regular file
}

func newOutput(w io.Writer) *output {
	safe := visible.NewWriter(w)
	o := &output{Writer: bufio.NewWriter(safe), safe: safe}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			o.file = f
		}
	}
	return o
}

// Flush writes all that was printed.
func (o *output) Flush() error {
	if err := o.Writer.Flush(); err != nil {
		return err
	}
	return o.safe.Flush()
}

// commit returns once everything that was printed is written. With a full disk or quota
// on NFS, only syncing a file shows the error.
func (o *output) commit() error {
	if err := o.Flush(); err != nil {
		return err
	}
	if o.file != nil {
		return o.file.Sync()
	}
	return nil
}

// outputError says that gclean could not write stdout, or a file that was asked for.
type outputError struct {
	err     error
	outcome string // what was changed in the caches; "" for commands that only look
	file    string // its path, "" for stdout
	flag    string // the flag that names the file
}

func (e outputError) Error() string {
	text := fmt.Sprintf("cannot write the output: %v", e.err)
	if e.file != "" {
		text = fmt.Sprintf("cannot write %s: %s", quoted(e.file), e.reason())
	}
	if e.outcome != "" {
		text += "; " + e.outcome + "."
	}
	return text
}
func (e outputError) Unwrap() error { return e.err }

// reason says what is wrong with the file, and what to do.
func (e outputError) reason() string {
	other := "name another file with --" + e.flag
	if errors.Is(e.err, fs.ErrNotExist) {
		return fmt.Sprintf("there is no folder %s; make it, or %s", quoted(filepath.Dir(e.file)), other)
	}
	return strings.TrimPrefix(walk.Cause(e.err).Error(), e.file+": ") + "; " + other
}

const nothingRemoved = "nothing was removed"

// shown is commit for commands that only look. Their reader may stop early: "gclean
// report | head" is not a failure.
func (a *app) shown() error {
	err := a.stdout.commit()
	if err == nil || a.soFar == "" && readerLeft(err) {
		return nil
	}
	return outputError{err: err, outcome: a.soFar}
}

// readerLeft says whether a write failed because nobody reads the pipe any more.
func readerLeft(err error) bool {
	const brokenPipe, noData = syscall.Errno(109), syscall.Errno(232) // the error of Windows
	return errors.Is(err, syscall.EPIPE) || runtime.GOOS == "windows" && (errors.Is(err, brokenPipe) || errors.Is(err, noData))
}

// quoted is a name that is safe to print on a terminal, without secrets. It is a Go
// string if it contains anything that would not show as itself.
func quoted(name string) string { return visible.Name(name) }

// printable is a message that is safe to print on a terminal, in one line.
func printable(message string) string { return visible.String(message) }
