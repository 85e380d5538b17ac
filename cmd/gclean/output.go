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

// output is stdout, without secrets. Its errors stay until commit returns them, so
// that what prints need not look.
type output struct {
	*bufio.Writer
	safe *visible.Writer
	file *os.File // set where it is a regular file
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

// commit returns once all that was printed has been taken. A full disk or quota
// behind NFS shows only when a file is synced.
func (o *output) commit() error {
	if err := o.Flush(); err != nil {
		return err
	}
	if o.file != nil {
		return o.file.Sync()
	}
	return nil
}

// outputError says that stdout, or a file that was asked for, could not be written.
type outputError struct {
	err     error
	outcome string // what it means for the caches; "" of what only looks
	file    string // its path, "" of stdout
	flag    string // that names the file
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

// reason is what is wrong with the file, and what to do.
func (e outputError) reason() string {
	other := "name another file with --" + e.flag
	if errors.Is(e.err, fs.ErrNotExist) {
		return fmt.Sprintf("there is no folder %s; make it, or %s", quoted(filepath.Dir(e.file)), other)
	}
	return strings.TrimPrefix(walk.Cause(e.err).Error(), e.file+": ") + "; " + other
}

const nothingRemoved = "nothing was removed"

// shown returns once all that was printed has been taken. Who only looks may stop reading:
// "gclean report | head" is no failure.
func (a *app) shown() error {
	err := a.stdout.commit()
	if err == nil || a.soFar == "" && readerLeft(err) {
		return nil
	}
	return outputError{err: err, outcome: a.soFar}
}

// readerLeft says whether a pipe cannot be written because nobody reads it any more.
func readerLeft(err error) bool {
	const brokenPipe, noData = syscall.Errno(109), syscall.Errno(232) // of Windows
	return errors.Is(err, syscall.EPIPE) || runtime.GOOS == "windows" && (errors.Is(err, brokenPipe) || errors.Is(err, noData))
}

// quoted is a name fit for a terminal, without secrets: as it is, or as a Go string if there
// is anything in it that would not show as itself.
func quoted(name string) string { return visible.Name(name) }

// printable is a message fit for a terminal, in one line.
func printable(message string) string { return visible.String(message) }
