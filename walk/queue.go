package walk

import "sync"

// workQueue hands folders to workers, the newest first, so that the queue stays short and
// few folders are open. A worker that takes a folder calls done after it has pushed the
// folders below. The queue ends when it is empty and no worker is busy.
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

// pushLater adds folders that wait until the stack is empty.
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

// take waits for a folder. It returns false when no more folders will come.
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

// run calls work for every folder in the queue, from jobs goroutines numbered from 0, until
// the queue ends.
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
