// Package parallel calls a function for many items, several at a time. It is the only
// place that says how many.
//
//	err := parallel.Each(ctx, 0, packages, func(p *hold.Package) error {
//		return look(p)
//	})
//
// Each starts the items in order, and stops at the first error. Callers pass the number
// that the user gave, or 0 for Workers. Results go into a slice by index, or the function
// guards them. Package walk reads trees with its own queue, because there the work is not
// known beforehand.
package parallel

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Workers is how many goroutines should use one file system at a time for work that needs
// little computing: opening, reading folders and small files.
//
// In the page cache, more workers than processors gain nothing and lose nothing. On a
// disk, workers wait, and more of them keep more requests in flight. In a test, 1,000
// conda-meta of 100 records were read from a virtual disk with ext4, past the page cache.
// With 2 processors, that took 350 ms with 1 worker, 200 with 2, 148 with 4, 114 with 8.
// More workers took 105 to 148 ms. So gclean uses 4 for each processor, and at most 32,
// because others use the disk, too.
//
// Removing has its own number (removeJobs), because it waits for a journal.
func Workers() int { return min(4*Processors(), 32) }

// Processors is how many goroutines compute at a time, for example hashes. More would
// only wait for each other.
func Processors() int { return runtime.GOMAXPROCS(0) }

// Each calls f for each item, jobs at a time; 0 means Workers. It returns the first
// error, or that of ctx, and starts nothing more after an error.
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
