package cache

import (
	"slices"

	"gclean/cache/hold"
	"gclean/meta"
)

// Asked is who was asked about packages, and who was not.
type Asked struct {
	Environments int      // those that were looked at
	Sources      []string // where they were learned from, sorted: lists, variables, folders
	Users        []string // whose files were read besides one's own, sorted
	// Remembered are environments out of reach of which earlier runs tell, sorted.
	Remembered []string
	// Unread are environments and lists that exist and cannot be read.
	Unread []hold.Doubt
	// Unseen are users and environments that nobody can find.
	Unseen []hold.Doubt
	// Installers run, and may be about to link something.
	Installers []hold.Installer
	// Hidden is why installers may run that nobody can see; nil if all are seen.
	Hidden error
}

// asked says who was asked.
func (s *Survey) asked() Asked {
	a := Asked{Environments: len(s.envs), Remembered: s.memory.Prefixes(), Installers: s.installers, Hidden: s.hidden}
	for _, env := range s.envs {
		a.Sources = append(a.Sources, env.Sources...)
		for _, u := range env.Users {
			a.Users = append(a.Users, u.String())
		}
	}
	a.Sources = slices.Compact(slices.Sorted(slices.Values(a.Sources)))
	a.Users = slices.Compact(slices.Sorted(slices.Values(a.Users)))
	doubts := hold.NewDoubts(s.o.Discovery, s.envs)
	a.Unread, a.Unseen = doubts.Unreadable, doubts.Unseen
	return a
}

// BusyError says that entries of a cache are kept because somebody may be about
// to use them.
type BusyError struct {
	Cache   string
	Entries int
	Err     error // why the first of them is: a hold.InstallerError or hold.FreshError
}

func (e *BusyError) Error() string { return e.Cache + ": entries are kept back: " + e.Err.Error() }

// Unwrap gives Err.
func (e *BusyError) Unwrap() error { return e.Err }

// tellBusy adds to the problems which caches have entries that are kept because
// they are fresh, or because an installer runs: one line for each cache.
func (s *Survey) tellBusy() {
	busy := map[string]*BusyError{}
	codes := map[string]hold.Reason{}
	var order []string
	for _, k := range s.plan.Kept {
		h := k.Holds[0]
		if h.Reason != hold.Fresh && h.Reason != hold.InstallerRunning {
			continue
		}
		if busy[k.Entry.Dir] == nil {
			busy[k.Entry.Dir] = &BusyError{Cache: k.Entry.Dir, Err: h.Err}
			codes[k.Entry.Dir] = h.Reason
			order = append(order, k.Entry.Dir)
		}
		busy[k.Entry.Dir].Entries++
	}
	for _, dir := range order {
		s.problem(meta.Problem{Code: string(codes[dir]), Path: dir, Err: busy[dir], Doubt: true})
	}
}
