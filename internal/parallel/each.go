// Package parallel calls functions for many items, several at a time. How many is
// decided here for all that look at files.
package parallel

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Workers is how many goroutines look at files at a time where the caller names
// no number. Looking waits for the file system as often as for a processor, so
// there are more of them than processors; beyond 16 the ext4, xfs and tmpfs that
// were tried gain nothing more.
func Workers() int { return min(4*Processors(), 16) }

// Processors is how many goroutines compute at a time, hashes say: more would
// only wait for each other.
func Processors() int { return runtime.GOMAXPROCS(0) }

// Each calls f for each item, jobs at a time; 0 jobs are Workers. It returns the
// first error, or that of ctx, and starts nothing more once there is one.
func Each[T any](ctx context.Context, jobs int, items []T, f func(T) error) error {
	return Times(ctx, jobs, len(items), func(i int) error { return f(items[i]) })
}

// Times is Each for the numbers from 0 to n-1.
func Times(ctx context.Context, jobs, n int, f func(i int) error) error {
	if jobs <= 0 {
		jobs = Workers()
	}
	g, limited := errgroup.WithContext(ctx)
	g.SetLimit(jobs)
	for i := 0; i < n && limited.Err() == nil; i++ {
		g.Go(func() error {
			if limited.Err() != nil {
				return limited.Err()
			}
			return f(i)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}
