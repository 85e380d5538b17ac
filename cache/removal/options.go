package removal

import (
	"context"
	"time"

	"gclean/cache"
	"gclean/walk"
)

// Options say how a plan is carried out. The zero value is usable.
type Options struct {
	Jobs int // folders emptied at a time; 0 chooses
	// LockTimeout is how long a lock that another process holds is waited for.
	LockTimeout time.Duration
	// Again makes the plan once more where it may be stale: own are the lock files
	// that the run holds itself. What the new plan does not remove stays. nil is
	// for a plan that cannot become stale.
	Again func(ctx context.Context, own map[walk.ID]bool) (*cache.Plan, error)
	// Changed says, before each cache, whether anything may have changed since the
	// plan was made; then it is made once more by Again. nil is for what cannot
	// change.
	Changed func(ctx context.Context, p *cache.Plan) (bool, error)
	// Still says of an entry, right before it goes, whether it is what it was
	// planned as; nil asks nothing. dir is its cache.
	Still func(ctx context.Context, dir *walk.Dir, e *cache.Entry) bool
	// Waiting is told, before gclean waits for a lock, of what is locked.
	Waiting func(path string)
	// Progress is told, by several goroutines, of files and folders that went.
	Progress func(names int)
	// Done is told of each entry that is gone or could not be removed, by one
	// goroutine at a time.
	Done func(e *cache.Entry, err error)
	// Now is the clock by which a plan becomes stale; nil is that of the system.
	Now func() time.Time
	// Before is asked before each change of the file system; its error takes
	// the place of the change. It is there for tests of faults.
	Before func(op, path string) error
}
