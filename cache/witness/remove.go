package witness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gclean/cache"
	"gclean/cache/removal"
)

// Removing says what part of a plan a user's process is to carry out.
type Removing struct {
	Numbers     []int // indexes of entries in Remove of the plan that it made
	LockTimeout time.Duration
	Jobs        int
}

// removeItem is a part of the call CallRemove.
type removeItem struct {
	LockTimeout int64 `json:"lock_timeout,omitzero"` // in nanoseconds
	Jobs        int   `json:"jobs,omitzero"`
	Numbers     []int `json:"numbers,omitzero"`
}

// state is the outcome for an entry.
type state string

const (
	stateRemoved state = "removed"
	stateGone    state = "gone"
	stateSpared  state = "spared"
	stateFailed  state = "failed"
	stateLocked  state = "locked" // another process held a lock of its cache
)

// removedItem is the outcome for one entry. If Unmarked is set, it is about no entry.
type removedItem struct {
	Number   int    `json:"number"`
	State    state  `json:"state,omitzero"`
	Error    string `json:"error,omitzero"`
	Unmarked string `json:"unmarked,omitzero"` // why no mark was written
}

// Removed is the outcome of a removal.
type Removed struct {
	*removal.Result
	// Locked are the indexes of failed entries that can be tried again when a lock is free.
	Locked []int
}

// Remove asks the other side to carry out a plan that it made, and meanwhile answers its
// questions through s. It calls done, unless nil, for each entry that was removed or
// failed. If the other side ends early, the entries that it did not report are in no list.
func (c *Conn) Remove(ctx context.Context, plan *cache.Plan, r Removing, s Asked, done func(*cache.Entry, error)) (Removed, error) {
	c.answering(s.handle)
	defer c.answering(nil)
	items := []any{&removeItem{LockTimeout: int64(r.LockTimeout), Jobs: r.Jobs}}
	asked := map[int]bool{}
	for list := r.Numbers; len(list) > 0; {
		n := min(len(list), perItem)
		for _, i := range list[:n] {
			asked[i] = true
		}
		items, list = append(items, &removeItem{Numbers: list[:n]}), list[n:]
	}
	res := Removed{Result: new(removal.Result)}
	err := c.call(ctx, CallRemove, items, func(raw json.RawMessage) error {
		item, err := into[removedItem](raw)
		if err != nil {
			return err
		}
		if item.Unmarked != "" {
			res.Unmarked = errors.Join(res.Unmarked, failure(item.Unmarked))
			return nil
		}
		if !asked[item.Number] || item.Number < 0 || item.Number >= len(plan.Remove) {
			return fmt.Errorf("%w: the entry %d is not in the plan", ErrBad, item.Number)
		}
		delete(asked, item.Number)
		return item.add(&res, plan.Remove[item.Number], done)
	})
	return res, err
}

func (item *removedItem) add(res *Removed, e *cache.Entry, done func(*cache.Entry, error)) error {
	switch item.State {
	case stateRemoved:
		res.Removed = append(res.Removed, e)
		if done != nil {
			done(e, nil)
		}
	case stateGone:
		res.Gone = append(res.Gone, e)
	case stateSpared:
		res.Spared = append(res.Spared, e)
	case stateFailed, stateLocked:
		err := failure(item.Error)
		if err == nil {
			return fmt.Errorf("%w: a failure without a reason", ErrBad)
		}
		if res.Failures = append(res.Failures, removal.Failure{Entry: e, Err: err}); item.State == stateLocked {
			res.Locked = append(res.Locked, item.Number)
		}
		if done != nil {
			done(e, err)
		}
	default:
		return fmt.Errorf("%w: the state %q", ErrBad, item.State)
	}
	return nil
}

// readRemoving decodes the items of a call, for a plan of n entries.
func readRemoving(items []json.RawMessage, n int) (r Removing, err error) {
	seen := map[int]bool{}
	for i, raw := range items {
		item, err := into[removeItem](raw)
		if err != nil {
			return r, err
		}
		if i == 0 {
			r.LockTimeout, r.Jobs = time.Duration(item.LockTimeout), item.Jobs
		}
		for _, number := range item.Numbers {
			if number < 0 || number >= n || seen[number] {
				return r, fmt.Errorf("%w: the entry %d", ErrBad, number)
			}
			seen[number] = true
			r.Numbers = append(r.Numbers, number)
		}
	}
	return r, nil
}

// sendRemoved sends the outcome for plan's entries. message returns the text of an error,
// with advice.
func sendRemoved(plan *cache.Plan, res *removal.Result, message func(error) string, send func(any) error) error {
	numbers := make(map[*cache.Entry]int, len(plan.Remove))
	for i, e := range plan.Remove {
		numbers[e] = i
	}
	var items []*removedItem
	for _, l := range []struct {
		state   state
		entries []*cache.Entry
	}{{stateRemoved, res.Removed}, {stateGone, res.Gone}, {stateSpared, res.Spared}} {
		for _, e := range l.entries {
			items = append(items, &removedItem{Number: numbers[e], State: l.state})
		}
	}
	for _, f := range res.Failures {
		item := &removedItem{Number: numbers[f.Entry], State: stateFailed, Error: shown(message(f.Err))}
		if errors.As(f.Err, new(*removal.LockTimeoutError)) {
			item.State = stateLocked
		}
		items = append(items, item)
	}
	if res.Unmarked != nil {
		items = append(items, &removedItem{Unmarked: text(res.Unmarked)})
	}
	for _, item := range items {
		if err := send(item); err != nil {
			return err
		}
	}
	return nil
}
