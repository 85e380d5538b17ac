// Package show writes how far a round is, or what became of it: as text, JSON, CSV and a
// page. Sites send the text or the page to their users before they close a round.
//
//	show.Text(w, show.Of(status), show.Options{Message: told})
//	show.JSON(w, show.OfClosed(closed), show.Options{})
package show

import (
	"cmp"

	"gclean/cache"
	"gclean/fleet"
	"gclean/internal/order"
	"gclean/meta"
)

// View is a round as it is shown.
type View struct {
	*fleet.Round
	Hosts    []fleet.HostState
	Verdicts []fleet.Verdict
	Failures []fleet.Failure
	Problems meta.Problems
	// Going are the states of entries that are removed, or would be.
	Going []fleet.State
}

// Options say how a round is shown.
type Options struct {
	// Message is an error in words; nil is its own text.
	Message func(error) string
	// Generator is what made a page, with its version.
	Generator string
	// Code is the code of an error in a document.
	Code func(error) string
	// Verbose names every entry in the text.
	Verbose bool
	// Width is the number of columns that a table in the text may take; 0 is no limit.
	Width int
}

func (o *Options) message(err error) string {
	switch {
	case err == nil:
		return ""
	case o.Message == nil:
		return err.Error()
	}
	return o.Message(err)
}

// Of is a status as it is shown.
func Of(s *fleet.Status) *View {
	v := &View{Round: s.Round, Hosts: s.States, Verdicts: s.Verdicts, Going: []fleet.State{fleet.Goes}}
	if s.End != nil {
		v.Going = []fleet.State{fleet.Removed}
	}
	return v
}

// OfClosed is a round that was closed or aborted, as it is shown.
func OfClosed(c *fleet.Closed) *View {
	return &View{Round: c.Round, Hosts: c.Hosts, Verdicts: c.Verdicts, Failures: c.Failures, Problems: c.Problems, Going: []fleet.State{fleet.Removed}}
}

// None is where no round is open: there was nothing to ask about, or one was put back
// whose folder is lost.
func None() *View { return &View{Round: &fleet.Round{}} }

// State is how far the round is, in one word.
func (v *View) State() string {
	switch {
	case v.Nonce == "":
		return "none"
	case v.End != nil && v.End.Aborted:
		return "aborted"
	case v.End != nil:
		return "closed"
	case v.Fenced:
		return "open"
	}
	return "opening"
}

// goes says whether an entry goes, or has gone.
func (v *View) goes(i int) bool {
	for _, s := range v.Going {
		if v.Verdicts[i].State == s {
			return !v.Entries[i].Companion
		}
	}
	return false
}

// count is how many entries are in a state.
func (v *View) count(state fleet.State) int {
	n := 0
	for i := range v.Entries {
		if v.Verdicts[i].State == state && !v.Entries[i].Companion {
			n++
		}
	}
	return n
}

// total adds up what is removed, or would be.
func (v *View) total() cache.Sizes { return v.Sizes(v.goes) }

// owner is whose entries go.
type owner struct {
	name               string
	uid                uint32
	packages, archives int
	cache.Sizes
}

// owners are the owners of the entries to remove, the largest first.
func (v *View) owners() []*owner {
	byUID := map[uint32]*owner{}
	var list []*owner
	for i := range v.Entries {
		if !v.goes(i) {
			continue
		}
		e := &v.Entries[i]
		o := byUID[e.UID]
		if o == nil {
			o = &owner{name: e.Owner, uid: e.UID}
			byUID[e.UID] = o
			list = append(list, o)
		}
		if e.Package != nil {
			o.packages++
		} else {
			o.archives++
		}
		o.Apparent += e.Apparent
		o.Freed += e.Freed
		o.Inodes += e.Inodes
	}
	order.By(list, func(a, b *owner) int { return cmp.Or(cmp.Compare(b.Freed, a.Freed), cmp.Compare(a.uid, b.uid)) })
	return list
}

// without are the hosts that nobody waited for.
func (v *View) without() []string {
	var list []string
	seen := map[string]bool{}
	add := func(names []string) {
		for _, name := range names {
			if !seen[name] {
				list, seen[name] = append(list, name), true
			}
		}
	}
	add(v.Without)
	if v.End != nil {
		add(v.End.Without)
	}
	for _, h := range v.Hosts {
		if h.Presence == fleet.Passed {
			add([]string{h.Name})
		}
	}
	return list
}
