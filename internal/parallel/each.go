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

// Workers is how many goroutines should ask one file system at a time for what
// takes hardly any computing: opening, reading folders and small files.
//
// In the page cache, more than the processors gain nothing and lose nothing. On a
// disk they wait, and more of them keep more requests in flight: 1,000 conda-meta
// of 100 records, not in the page cache, on a virtual disk with ext4 and 2
// processors, took 350 ms with 1 worker, 200 with 2, 148 with 4, 114 with 8, and
// 105 to 148 with 16, 32 and 64. So it is 4 for each processor; past 32 there are
// others who want to use the disk.
//
// Removing has a number of its own (removeJobs), for it waits for a journal.
func Workers() int { return min(4*Processors(), 32) }

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
