package meta

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// workers is how many folders are looked at a time: they wait on a disk or a
// network more than they compute.
func workers() int { return min(4*runtime.GOMAXPROCS(0), 16) }

// parallel calls f for 0 to n-1, several at a time. The error is that of ctx.
func parallel(ctx context.Context, n int, f func(i int)) error {
	var g errgroup.Group
	g.SetLimit(workers())
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			f(i)
			return nil
		})
	}
	g.Wait()
	return ctx.Err()
}
