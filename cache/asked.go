package cache

import (
	"slices"

	"gclean/cache/hold"
	"gclean/meta"
)

// Asked says who was asked about packages, and who could not be.
type Asked struct {
	Environments int      // number of environments that were looked at
	Sources      []string // where they were found, sorted: lists, variables, folders
	Users        []string // other users whose files were read, sorted
	// Remembered are environments now out of reach that earlier runs saw, sorted.
	Remembered []string
	// Unread are environments and lists that exist but cannot be read.
	Unread []hold.Doubt
	// Unseen are users and environments that nobody can find.
	Unseen []hold.Doubt
	// Installers are running, and may be about to link packages.
	Installers []hold.Installer
	// Hidden is why installers may run that nobody can see; nil if all can be seen.
	Hidden error
}

// asked returns who was asked.
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

// BusyError says that entries of a cache are kept because an installer may be about to use
// them.
type BusyError struct {
	Cache   string
	Entries int
	Err     error // why the first of them is kept: a hold.InstallerError or hold.FreshError
}

func (e *BusyError) Error() string { return e.Cache + ": entries are kept back: " + e.Err.Error() }

// Unwrap returns Err.
func (e *BusyError) Unwrap() error { return e.Err }

// tellBusy adds one problem for each cache with entries that are kept because they are
// fresh or because an installer runs.
func (s *Survey) tellBusy() {
	busy := map[string]*BusyError{}
	first := map[string]hold.Reason{}
	var order []string
	for _, k := range s.plan.Kept {
		h := k.Holds[0]
		if h.Reason != hold.Fresh && h.Reason != hold.InstallerRunning {
			continue
		}
		if busy[k.Entry.Dir] == nil {
			busy[k.Entry.Dir] = &BusyError{Cache: k.Entry.Dir, Err: h.Err}
			first[k.Entry.Dir] = h.Reason
			order = append(order, k.Entry.Dir)
		}
		busy[k.Entry.Dir].Entries++
	}
	for _, dir := range order {
		p := meta.Problem{Code: CodeFresh, Path: dir, Err: busy[dir], Doubt: true}
		if first[dir] == hold.InstallerRunning {
			p.Code = CodeInstallerRunning
		}
		s.problem(p)
	}
}
