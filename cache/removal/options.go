package removal

import (
	"context"
	"time"

	"gclean/cache"
	"gclean/walk"
)

// Options say how to carry out a plan. The zero value is usable.
type Options struct {
	Jobs int // folders emptied at a time; 0 chooses a number
	// LockTimeout is how long to wait for locks that other processes hold.
	LockTimeout time.Duration
	// Again plans again when the plan may be stale. own are the lock files that this run
	// holds. Entries that the new plan does not remove are kept. nil means that the plan
	// cannot become stale.
	Again func(ctx context.Context, own map[walk.ID]bool) (*cache.Plan, error)
	// Changed is called before each cache, and reports whether anything may have changed
	// since the plan was made; if so, Again is called. nil means that nothing can change.
	Changed func(ctx context.Context, p *cache.Plan) (bool, error)
	// Still is called right before an entry is removed, and reports whether it is still
	// what was planned. nil checks nothing. dir is the entry's cache.
	Still func(ctx context.Context, dir *walk.Dir, e *cache.Entry) bool
	// Waiting is called before gclean waits for a lock, with the path of the lock.
	Waiting func(path string)
	// Progress is called with the number of files and folders just removed, by several
	// goroutines.
	Progress func(names int)
	// Done is called for each entry that was removed or could not be removed, by one
	// goroutine at a time.
	Done func(e *cache.Entry, err error)
	// Now is the clock by which a plan becomes stale; nil means time.Now.
	Now func() time.Time
	// Before is called before each change of the file system. If it returns an error, the
	// change is not made. Tests use it to inject faults.
	Before func(op, path string) error
}
