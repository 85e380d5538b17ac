package fleet

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"gclean/cache/hold"
	"gclean/cache/witness"
	"gclean/internal/asuser/wire"
)

// markLine is a line of a mark. The first has the head, the last End.
type markLine struct {
	Head   *markHead            `json:"head,omitzero"`
	Number int                  `json:"number,omitzero"`
	Hold   *witness.HoldMessage `json:"hold,omitzero"` // of the entry with this number
	End    *endOfMark           `json:"end,omitzero"`
}

type markHead struct {
	Nonce   string `json:"nonce"`
	Host    string `json:"host"`
	Machine string `json:"machine"`
	UID     int    `json:"uid"`
	Version string `json:"version"`
	Unseen  []int  `json:"unseen,omitzero"`
}

type endOfMark struct {
	Complete bool   `json:"complete"`
	Nonce    string `json:"nonce"`
	Host     string `json:"host"`
	Holds    int    `json:"holds"` // lines with one
}

// maxHolds is how many holds of an entry a mark has: one is enough to keep it.
const maxHolds = 4

// messages are an answer as it is written, with the nonce of marks.
func (a *Answer) messages(nonce string) []any {
	list := []any{&markLine{Head: &markHead{nonce, a.Host, a.Machine, a.UID, a.Version, a.Unseen}}}
	holds := 0
	for _, number := range slices.Sorted(maps.Keys(a.Holds)) {
		for _, h := range a.Holds[number] {
			list = append(list, &markLine{Number: number, Hold: witness.MessageOfHold(&h)})
			holds++
		}
	}
	return append(list, &markLine{End: &endOfMark{true, nonce, a.Host, holds}})
}

// readMark reads the mark of a host about a round. Whatever is not as it should be is
// an error: a mark counts as a whole or not at all.
func (r *Round) readMark(in io.Reader, host string) (*Answer, error) {
	dec := wire.NewDecoder(bounded(in, wire.MaxSum), markProtocol, version)
	var a *Answer
	holds := 0
	for {
		var l markLine
		if err := dec.Decode(&l); err != nil {
			if err == io.EOF {
				err = ErrMark
			}
			return nil, err
		}
		switch {
		case l.Head != nil && a == nil && l.Hold == nil && l.End == nil:
			if r.mark == "" || l.Head.Nonce != r.mark || l.Head.Host != host {
				return nil, fmt.Errorf("%w: it has the nonce of another round, or the name of another host", ErrMark)
			}
			a = &Answer{Host: host, Machine: l.Head.Machine, UID: l.Head.UID, Version: l.Head.Version, Unseen: l.Head.Unseen, Holds: map[int][]hold.Hold{}}
			for _, n := range a.Unseen {
				if n < 0 || n >= len(r.Caches) {
					return nil, ErrMark
				}
			}
		case a == nil || l.Head != nil:
			return nil, ErrMark
		case l.Hold != nil && l.End == nil && l.Number >= 0 && l.Number < len(r.Entries) && len(a.Holds[l.Number]) < maxHolds:
			h, err := witness.HoldOf(l.Hold)
			if err != nil {
				return nil, err
			}
			a.Holds[l.Number] = append(a.Holds[l.Number], h)
			holds++
		case l.Hold != nil || l.End == nil || !l.End.Complete || l.End.Nonce != r.mark || l.End.Host != host || l.End.Holds != holds:
			return nil, ErrMark
		default:
			if err := dec.Decode(new(markLine)); err != io.EOF {
				return nil, fmt.Errorf("%w: something follows its end", ErrMark)
			}
			return a, nil
		}
	}
}

// readMarks reads the marks of all hosts of the round. nil is a host without one, or
// with one that does not count; why is in the errors.
func (f *folder) readMarks(r *Round) ([]*Answer, []error) {
	answers, errs := make([]*Answer, len(r.Hosts)), make([]error, len(r.Hosts))
	for i, h := range r.Hosts {
		file, err := f.open(marksName, h.Name)
		if err == nil {
			answers[i], err = r.readMark(file, h.Name)
			file.Close()
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs[i] = fmt.Errorf("%s: %w", filepath.Join(f.Path(), marksName, h.Name), err)
		}
	}
	return answers, errs
}
