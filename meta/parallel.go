package meta

import (
	"context"

	"gclean/internal/parallel"

	"golang.org/x/sync/errgroup"
)

// inParallel calls f for 0 to n-1, as many at a time as a file system bears. The
// error is that of ctx.
func inParallel(ctx context.Context, n int, f func(i int)) error {
	var g errgroup.Group
	g.SetLimit(parallel.Workers())
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			f(i)
			return nil
		})
	}
	_ = g.Wait() // f returns none
	return ctx.Err()
}
