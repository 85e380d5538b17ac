package main

import (
	"context"
	"errors"
	"strings"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/order"
	"gclean/slim"
)

// judged is a plan: clean's, or slim's.
type judged interface {
	// Failed says whether part of what was asked for cannot be done.
	Failed() bool
	// KeptBack says whether anything was kept that may go in a later run.
	KeptBack() bool
}

// ended is how a removal ended; nil where none began.
type ended struct {
	err      error // the context's, when the run was interrupted
	failures int
}

// endOf is how clean ended; nil if nothing was carried out.
func endOf(res *removal.Result) *ended {
	if res == nil {
		return nil
	}
	return &ended{res.Err, len(res.Failures)}
}

// endOfSlim is the same of slim.
func endOfSlim(res *slim.Result) *ended {
	if res == nil {
		return nil
	}
	return &ended{res.Err, len(res.Failures)}
}

// succeeded says whether all that was asked for was done, or can be.
func succeeded(p judged, e *ended) bool {
	return !p.Failed() && (e == nil || e.err == nil && e.failures == 0)
}

// outcome is the exit code of a plan that was shown, and carried out if e is not
// nil. An interruption wins over a failure, a failure over a doubt.
func outcome(p judged, e *ended) error {
	switch {
	case e != nil && interrupted(e.err):
		return status(exitInterrupted)
	case !succeeded(p, e):
		return status(exitFailed)
	case p.KeptBack():
		return status(exitDoubt)
	}
	return nil
}

// interrupted says whether an error is that somebody ended the run.
func interrupted(err error) bool { return errors.Is(err, context.Canceled) }

// ofUser are entries that the process of one user removes.
type ofUser struct {
	name    string
	entries []*cache.Entry
}

// byUser are the entries that are removed by processes of users, by name.
func byUser(entries []*cache.Entry) []ofUser {
	index := map[string]int{}
	var list []ofUser
	for _, e := range entries {
		if e.User == "" {
			continue
		}
		i, known := index[e.User]
		if !known {
			i = len(list)
			index[e.User] = i
			list = append(list, ofUser{name: e.User})
		}
		list[i].entries = append(list[i].entries, e)
	}
	order.By(list, func(a, b ofUser) int { return strings.Compare(a.name, b.name) })
	return list
}

// usersDocument is the same for scripts; nil where no user removes anything.
func usersDocument(entries []*cache.Entry) list {
	var all list
	for _, u := range byUser(entries) {
		sizes := cache.SizesOf(u.entries)
		all = append(all, object{
			{"user", u.name}, {"entries", int64(len(u.entries))}, {"apparent_size", sizes.Apparent}, {"freed_size", sizes.Freed},
		})
	}
	return all
}
