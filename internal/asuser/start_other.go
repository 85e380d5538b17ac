//go:build !linux

package asuser

import (
	"context"
	"errors"
	"io"
)

// Process is a child that runs as another user.
type Process struct {
	In  io.WriteCloser // its standard input
	Out io.Reader      // its standard output
}

// Start starts gclean as another user, which this system has no way for: the
// error is errors.ErrUnsupported.
func Start(_ context.Context, a Account, _ Limits, _ ...string) (*Process, error) {
	return nil, &AccountError{a.Name, errors.ErrUnsupported}
}

// Wait waits for the end of the process.
func (p *Process) Wait() error { return errors.ErrUnsupported }

// Kill ends the process.
func (p *Process) Kill() error { return errors.ErrUnsupported }

// Confine is the first thing that a child does.
func Confine() (Account, error) { return Account{}, errors.ErrUnsupported }

// Able says why this process can start nobody as another user.
func Able() error { return errors.ErrUnsupported }

// HasNumber makes a function that says whether a uid is one on this system.
func HasNumber() func(uid int) bool { return func(int) bool { return false } }
