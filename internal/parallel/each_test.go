package parallel_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"gclean/internal/parallel"
)

func TestEach(t *testing.T) {
	items := make([]int, 1000)
	for i := range items {
		items[i] = i
	}
	var sum atomic.Int64
	if err := parallel.Each(context.Background(), 3, items, func(i int) error { sum.Add(int64(i)); return nil }); err != nil || sum.Load() != 499500 {
		t.Errorf("sum %d, %v", sum.Load(), err)
	}
	failed := errors.New("failed")
	var calls atomic.Int64
	err := parallel.Each(context.Background(), 1, items, func(i int) error {
		calls.Add(1)
		if i == 5 {
			return failed
		}
		return nil
	})
	if !errors.Is(err, failed) || calls.Load() != 6 {
		t.Errorf("%d calls, %v", calls.Load(), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := parallel.Each(ctx, 0, items, func(int) error { t.Error("called"); return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
