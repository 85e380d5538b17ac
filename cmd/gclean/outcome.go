package main

import (
	"context"
	"errors"

	"gclean/cache/removal"
	"gclean/slim"
)

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
