package walk

import "sync"

// workQueue hands folders to workers, the newest first: that keeps it short, and
// keeps few folders open. A worker that takes a folder calls done when it has
// pushed whatever was below it; the queue ends when nothing is left and
// nobody is busy.
type workQueue[T any] struct {
	mu    sync.Mutex
	wake  sync.Cond
	stack []T
	later []T // taken when stack is empty
	busy  int
	idle  int
}

func newWorkQueue[T any](first []T) *workQueue[T] {
	q := &workQueue[T]{stack: first}
	q.wake.L = &q.mu
	return q
}

func (q *workQueue[T]) push(items ...T) { q.add(&q.stack, items) }

// pushLater adds what waits until everything else is done.
func (q *workQueue[T]) pushLater(items ...T) { q.add(&q.later, items) }

func (q *workQueue[T]) add(list *[]T, items []T) {
	if len(items) == 0 {
		return
	}
	q.mu.Lock()
	*list = append(*list, items...)
	idle := q.idle
	q.mu.Unlock()
	for range min(idle, len(items)) {
		q.wake.Signal()
	}
}

// take waits for a folder; false when there will be none.
func (q *workQueue[T]) take() (item T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.stack) == 0 && len(q.later) == 0 {
		if q.busy == 0 {
			q.wake.Broadcast()
			return item, false
		}
		q.idle++
		q.wake.Wait()
		q.idle--
	}
	from := &q.stack
	if len(q.stack) == 0 {
		from = &q.later
	}
	last := len(*from) - 1
	var none T
	item, (*from)[last] = (*from)[last], none
	*from = (*from)[:last]
	q.busy++
	return item, true
}

func (q *workQueue[T]) done() {
	q.mu.Lock()
	q.busy--
	if q.busy == 0 && len(q.stack) == 0 && len(q.later) == 0 {
		q.wake.Broadcast()
	}
	q.mu.Unlock()
}

// run calls work for every folder that is or gets into the queue, from jobs
// goroutines numbered from 0.
func (q *workQueue[T]) run(jobs int, work func(worker int, item T)) {
	var wg sync.WaitGroup
	for w := range jobs {
		wg.Go(func() {
			for item, ok := q.take(); ok; item, ok = q.take() {
				work(w, item)
				q.done()
			}
		})
	}
	wg.Wait()
}
