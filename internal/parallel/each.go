// Package parallel calls a function for many items, several at a time, and is the
// one place that says how many.
//
//	err := parallel.Each(ctx, 0, packages, func(p *hold.Package) error {
//		return look(p)
//	})
//
// Each begins the items in order, and ends at the first error. What calls it passes
// the number that the user gave, or 0, which is Workers. Results go into a slice by
// index, or are guarded by the function itself. Trees are read by package walk,
// which has a queue of its own: there the work is not known beforehand.
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
func Workers() int { return min(4*runtime.GOMAXPROCS(0), 16) }

// Each calls f for each item, jobs at a time; 0 jobs are Workers. It returns the
// first error, or that of ctx, and starts nothing more once there is one.
func Each[T any](ctx context.Context, jobs int, items []T, f func(T) error) error {
	if jobs <= 0 {
		jobs = Workers()
	}
	g, limited := errgroup.WithContext(ctx)
	g.SetLimit(jobs)
	for _, item := range items {
		if limited.Err() != nil {
			break
		}
		g.Go(func() error {
			if limited.Err() != nil {
				return limited.Err()
			}
			return f(item)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}
