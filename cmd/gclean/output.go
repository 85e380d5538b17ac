package main

import (
	"bufio"
	"io"
	"os"
	"strconv"

	"gclean/internal/visible"
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

// quoted is a name fit for a terminal, without secrets: as it is, or as a Go string if there
// is anything in it that would not show as itself.
func quoted(name string) string {
	name = visible.Redact(name)
	if printable(name) == name {
		return name
	}
	return strconv.Quote(name)
}

// printable is a message fit for a terminal, in one line.
func printable(message string) string { return visible.String(message) }
