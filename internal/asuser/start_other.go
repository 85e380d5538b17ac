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

// Start would start gclean as another user. This system has no way to do so: the error is
// errors.ErrUnsupported.
func Start(_ context.Context, a Account, _ Limits, _ ...string) (*Process, error) {
	return nil, &AccountError{a.Name, errors.ErrUnsupported}
}

// Wait waits for the end of the process.
func (p *Process) Wait() error { return errors.ErrUnsupported }

// Kill ends the process.
func (p *Process) Kill() error { return errors.ErrUnsupported }

// Confine is the first thing that a child does.
func Confine() (Account, error) { return Account{}, errors.ErrUnsupported }

// Able says why this process cannot start a process as another user.
func Able() error { return errors.ErrUnsupported }

// HasNumber returns a function that says whether a uid exists on this system.
func HasNumber() func(uid int) bool { return func(int) bool { return false } }
