package main

import (
	"bufio"
	"io"
	"os"
)

// output is stdout. Its errors stay until commit returns them, so that what
// prints need not look.
type output struct {
	*bufio.Writer
	file *os.File // set where it is a regular file
}

func newOutput(w io.Writer) *output {
	o := &output{Writer: bufio.NewWriter(w)}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			o.file = f
		}
	}
	return o
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
