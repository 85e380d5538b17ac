package main

import (
	"context"
	"errors"
	"fmt"

	"gclean/cache/removal"
	"gclean/meta"
	"gclean/slim"
)

// The exit codes. A script that knows conda's reads 0 and 2 as before.
const (
	exitDone        = 0
	exitFailed      = 1   // something could not be removed or written
	exitUsage       = 2   // wrong usage
	exitDoubt       = 3   // something was kept because it may be in use
	exitInterrupted = 130 // 128 + SIGINT, as a shell has it
)

// status is an exit code whose cause has been told.
type status int

func (s status) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// usageError is wrong usage, in a whole sentence.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

// outputError says that stdout could not be written.
type outputError struct {
	err     error
	outcome string // what it means for the caches; "" of what only looks
}

func (e outputError) Error() string {
	if e.outcome == "" {
		return fmt.Sprintf("cannot write the output: %v", e.err)
	}
	return fmt.Sprintf("cannot write the output: %v; %s.", e.err, e.outcome)
}
func (e outputError) Unwrap() error { return e.err }

const nothingRemoved = "nothing was removed"

// exit tells of err in conda's form and returns the exit code.
func (a *app) exit(err error) int {
	if err == nil {
		// Help and version are still in the buffer.
		if err = a.stdout.commit(); err == nil {
			return exitDone
		}
		err = outputError{err: err}
	}
	var (
		output outputError
		usage  usageError
		code   = codeOf(err)
	)
	switch {
	case errors.As(err, new(status)): // told
		return code
	case errors.As(err, &usage):
		return a.fail("ArgumentError", usage.message, code)
	case errors.Is(err, meta.ErrUsage):
		return a.fail("ArgumentError", told(err), code)
	case errors.As(err, &output):
		a.json = false // there is nowhere to write it
		return a.fail("OutputError", output.Error(), code)
	case errors.Is(err, context.Canceled):
		return a.fail("Interrupted", "Nothing was removed.", code)
	}
	return a.fail("GcleanError", told(err), code)
}

// codeOf is the exit code of an error.
func codeOf(err error) int {
	var code status
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, new(usageError)), errors.Is(err, meta.ErrUsage):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, new(keptError)):
		return exitDoubt
	}
	return exitFailed
}

// fail tells of an error in the form that conda's errors have.
func (a *app) fail(name, message string, code int) int {
	message = printable(message)
	if a.log != nil {
		a.log.Error(message, "error", name)
	} else {
		fmt.Fprintf(a.stderr, "\n%s: %s\n\n", name, message)
	}
	if !a.json {
		return code
	}
	a.stdout.WriteString(errorDocument(name, message))
	if err := a.stdout.commit(); err != nil {
		fmt.Fprintf(a.stderr, "cannot write the output: %s\n", printable(err.Error()))
	}
	return code
}

// judged is a plan: clean's, or slim's.
type judged interface {
	// Failed says whether part of what was asked for cannot be done.
	Failed() bool
	// KeptBack says whether anything was kept that may go in a later run.
	KeptBack() bool
}

// ended is how a removal ended; nil where none began.
type ended struct {
	err      error // the context's, when the run was interrupted
	failures int
}

// endOf is how clean ended; nil if nothing was carried out.
func endOf(res *removal.Result) *ended {
	if res == nil {
		return nil
	}
	return &ended{res.Err, len(res.Failures)}
}

// endOfSlim is the same of slim.
func endOfSlim(res *slim.Result) *ended {
	if res == nil {
		return nil
	}
	return &ended{res.Err, len(res.Failures)}
}

// succeeded says whether all that was asked for was done, or can be.
func succeeded(p judged, e *ended) bool {
	return !p.Failed() && (e == nil || e.err == nil && e.failures == 0)
}

// outcome is the exit code of a plan that was shown, and carried out if e is not
// nil. An interruption wins over a failure, a failure over a doubt.
func outcome(p judged, e *ended) error {
	switch {
	case e != nil && interrupted(e.err):
		return status(exitInterrupted)
	case !succeeded(p, e):
		return status(exitFailed)
	case p.KeptBack():
		return status(exitDoubt)
	}
	return nil
}

// interrupted says whether an error is that somebody ended the run.
func interrupted(err error) bool { return errors.Is(err, context.Canceled) }
