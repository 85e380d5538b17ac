package asuser

import (
	"errors"
	"io"
	"math"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"gclean/walk/open"
)

// pipes are both ends of the two pipes of a child.
type pipes struct{ in, out, childIn, childOut *os.File }

func newPipes() (*pipes, error) {
	p := new(pipes)
	var err error
	if p.childIn, p.in, err = os.Pipe(); err != nil {
		return nil, err
	}
	if p.out, p.childOut, err = os.Pipe(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// end stops reading and writing, even if others have the pipes open.
func (p *pipes) end() {
	past := time.Unix(0, 1)
	p.in.SetDeadline(past)
	p.out.SetDeadline(past)
}

func (p *pipes) closeChild() {
	p.childIn.Close()
	p.childOut.Close()
}

// close closes all open ends.
func (p *pipes) close() {
	for _, f := range []*os.File{p.in, p.out, p.childIn, p.childOut} {
		if f != nil {
			f.Close()
		}
	}
}

// output is the output of a child. It ends when nothing more is written, or after the
// child has ended and the pipe is empty.
type output struct{ f *os.File }

// Read implements io.Reader.
func (o *output) Read(p []byte) (int, error) {
	n, err := o.f.Read(p)
	if err == nil || n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || len(p) == 0 {
		return n, err
	}
	raw, err := o.f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		for {
			if n, failed = unix.Read(int(fd), p); failed != unix.EINTR {
				return
			}
		}
	})
	switch err = errors.Join(err, failed); {
	case errors.Is(err, unix.EAGAIN), err == nil && n == 0:
		return 0, io.EOF
	case err != nil:
		return 0, err
	}
	return n, nil
}

// Close implements io.Closer.
func (o *output) Close() error { return o.f.Close() }

// closeOnExec hides the open files of this process from a child: its user could find them
// in /proc, whatever the child closes.
func closeOnExec() error {
	err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
	if err == nil {
		return nil
	}
	names, err := open.Names("/proc/self/fd") // before Linux 5.11
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	return err
}

// isProc says whether path is on the system's /proc.
func isProc(path string) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && st.Type == unix.PROC_SUPER_MAGIC
}
