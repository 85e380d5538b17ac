package meta

import (
	"context"

	"gclean/internal/parallel"
)

// inParallel calls f for 0 to n-1, as many at a time as a file system bears. The
// error is that of ctx.
func inParallel(ctx context.Context, n int, f func(i int)) error {
	return parallel.Times(ctx, 0, n, func(i int) error {
		f(i)
		return nil
	})
}
