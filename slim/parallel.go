package slim

import (
	"context"
	"runtime"
	"sync"
)

// forEach calls f for each item, jobs at a time; 0 chooses. The error is that of
// ctx.
func forEach[T any](ctx context.Context, jobs int, items []T, f func(T)) error {
	if jobs <= 0 {
		jobs = 4 * runtime.GOMAXPROCS(0)
	}
	work := make(chan T)
	var wg sync.WaitGroup
	for range min(jobs, len(items)) {
		wg.Go(func() {
			for item := range work {
				f(item)
			}
		})
	}
	for _, item := range items {
		if ctx.Err() != nil {
			break
		}
		work <- item
	}
	close(work)
	wg.Wait()
	return ctx.Err()
}
