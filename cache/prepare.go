package cache

import (
	"context"
	"errors"
)

// Prepare looks at the caches and environments and makes the plan of a run.
// Nothing is changed. The error is of wrong usage (ErrNotCache, ErrRefused, a
// cache that was named and is not there) or that of ctx; whatever else is
// wrong is among the plan's problems.
func Prepare(ctx context.Context, o Options) (*Plan, error) {
	return nil, errors.ErrUnsupported
}

// RemoveOptions say how a plan is carried out.
type RemoveOptions struct {
	Jobs int // 0 chooses
	// Done, if not nil, is told of each entry that is gone or could not be
	// removed, by one goroutine at a time.
	Done func(e *Entry, err error)
}

// Execute carries the plan out.
func (p *Plan) Execute(ctx context.Context, o RemoveOptions) *Result {
	return &Result{Err: errors.ErrUnsupported}
}
