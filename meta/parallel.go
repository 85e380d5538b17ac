package meta

import (
	"context"

	"gclean/internal/parallel"
)

// inParallel calls f for 0 to n-1, several at a time; package parallel chooses how many. It
// returns an error only if ctx ends.
func inParallel(ctx context.Context, n int, f func(i int)) error {
	return parallel.Times(ctx, 0, n, func(i int) error {
		f(i)
		return nil
	})
}
