package main

import (
	"bufio"
	"io"
	"os"

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
