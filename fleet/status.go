package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"gclean/cache/hold"
)

// Presence says how far a host is.
type Presence string

// How far a host can be.
const (
	Missing Presence = "missing" // it has no mark
	Marked  Presence = "marked"
	Invalid Presence = "invalid" // its mark does not count
	Blind   Presence = "blind"   // it does not see a cache of the round
	Passed  Presence = "without" // nobody waits for it
)

// HostState is how far a host is.
type HostState struct {
	Host
	Presence Presence
	Err      error // of Invalid and Blind
	Answer   *Answer
}

// ready says whether a round can be closed as far as the host is concerned.
func (h *HostState) ready() bool { return h.Presence == Marked || h.Presence == Passed }

// Status is how far a round is.
type Status struct {
	*Round
	States []HostState
	// Verdicts are about the entries, in order, after the answers so far. Once the round has
	// ended, their states are those that it wrote down.
	Verdicts []Verdict
}

// IncompleteError says that hosts have not answered, so nothing may be removed.
type IncompleteError struct {
	Dir   string // the folder of the round
	Hosts []HostState
}

func (e *IncompleteError) Error() string {
	var list []string
	for _, h := range e.Hosts {
		text := h.Name + " (" + string(h.Presence)
		if h.Err != nil {
			text += ": " + h.Err.Error()
		}
		list = append(list, text+")")
	}
	return fmt.Sprintf("the round has no complete mark of %s", strings.Join(list, ", "))
}

// ReadStatus says how far the round in a folder is. It changes nothing.
func ReadStatus(dir string) (*Status, error) {
	f, r, err := openRound(dir, true, nil)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := &Status{Round: r, States: f.hostStates(r, nil)}
	if r.End != nil {
		s.Verdicts = r.finalVerdicts(s.States)
		return s, nil
	}
	s.Verdicts = r.verdicts(s.States)
	return s, nil
}

// hostStates reads the marks. without are hosts that nobody waits for, besides those of
// the round.
func (f *folder) hostStates(r *Round, without []string) []HostState {
	answers, errs := f.readMarks(r)
	states := make([]HostState, len(r.Hosts))
	for i, h := range r.Hosts {
		states[i] = stateOf(r, h, answers[i], errs[i], r.isWithout(h.Name, without))
	}
	byMachine := map[string]string{}
	for i := range states {
		a := states[i].Answer
		if a == nil || a.Machine == "" {
			continue
		}
		if other, known := byMachine[a.Machine]; known {
			states[i].Presence, states[i].Err = Invalid, fmt.Errorf("its mark was made on the same machine as that of %s", other)
			continue
		}
		byMachine[a.Machine] = states[i].Name
	}
	return states
}

// stateOf says how far a host is, by its mark, if that can be read.
func stateOf(r *Round, h Host, a *Answer, err error, without bool) HostState {
	s := HostState{Host: h, Answer: a}
	switch {
	case a != nil && len(a.Unseen) > 0 && !h.NoCache:
		s.Presence, s.Err = Blind, &UnseenError{h.Name, r.Caches[a.Unseen[0]].Path}
	case a != nil:
		s.Presence = Marked
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		s.Presence, s.Err = Invalid, err
	default:
		s.Presence = Missing
	}
	if without && s.Presence != Marked {
		s.Presence, s.Err = Passed, nil
	}
	return s
}

// verdicts are what marks say of the entries. All marks count, those of hosts that
// nobody waits for too: they can only keep.
func (r *Round) verdicts(hosts []HostState) []Verdict {
	list := make([]Verdict, len(r.Entries))
	for i := range r.Entries {
		e, v := &r.Entries[i], &list[i]
		switch {
		case e.Unfenced != "":
			v.State, v.Err = Apart, errors.New(e.Unfenced)
			continue
		case e.Companion:
			v.State = Held
			continue
		}
		v.State = Goes
		for _, h := range hosts {
			if h.Answer != nil {
				v.add(h.Name, h.Answer.Holds[i])
			}
		}
	}
	return list
}

// finalVerdicts are what became of the entries of a round that has ended. The marks, and
// what the host found that closed the round, say why an entry was kept if that is the
// same verdict.
func (r *Round) finalVerdicts(hosts []HostState) []Verdict {
	list := r.verdicts(hosts)
	for i := range list {
		for _, h := range r.End.Found[i] {
			list[i].add(h.Host, []hold.Hold{h.Hold})
		}
		if state := r.End.States[i]; list[i].State != state {
			list[i] = Verdict{State: state}
		}
	}
	return list
}

// add adds what a host says of an entry.
func (v *Verdict) add(host string, holds []hold.Hold) {
	for _, h := range holds {
		v.Holds = append(v.Holds, HeldOn{host, h})
		switch {
		case !h.Reason.Doubt() && !h.Reason.KeptBack():
			v.State = Held
		case v.State == Goes:
			v.State = InDoubt
		}
	}
}
