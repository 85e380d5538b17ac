package fleet

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"gclean/cache"
	"gclean/cache/fence"
	"gclean/cache/witness"
	"gclean/internal/asuser/wire"
)

// The protocols of the files, and the version of all of them.
const (
	roundProtocol  = "gclean-round"
	fencedProtocol = "gclean-round-fenced"
	markProtocol   = "gclean-mark"
	endProtocol    = "gclean-round-end"
	version        = 1
)

// maxRound bounds what is read of a round, in bytes.
const maxRound = 1 << 30

// ErrFile says that a file of a round is not whole, or not one.
var ErrFile = errors.New("the file is not whole")

// roundLine is a line of the file "round". The first has the head, the last End.
type roundLine struct {
	Head  *roundHead  `json:"head,omitzero"`
	Host  *hostLine   `json:"host,omitzero"`
	Entry *entryLine  `json:"entry,omitzero"`
	End   *endOfRound `json:"end,omitzero"`
}

type roundHead struct {
	Nonce         string      `json:"nonce"`
	Dir           wire.Path   `json:"dir"`
	Host          string      `json:"host"`
	User          string      `json:"user"`
	PID           int         `json:"pid"`
	Opened        string      `json:"opened"`
	Policy        string      `json:"policy"`
	Without       []string    `json:"without,omitzero"`
	KeepInstalled bool        `json:"keep_installed,omitzero"`
	Caches        []cacheLine `json:"caches"`
}

type hostLine struct {
	Name    string `json:"name"`
	NoCache bool   `json:"no_cache,omitzero"`
}

type cacheLine struct {
	Path   wire.Path    `json:"path"`
	Family cache.Family `json:"family"`
	Ino    uint64       `json:"ino"`
}

type entryLine struct {
	Cache     int                     `json:"cache"`
	Item      fence.Item              `json:"item"`
	Companion bool                    `json:"companion,omitzero"`
	Package   *witness.PackageMessage `json:"package,omitzero"`
	Apparent  int64                   `json:"apparent_size"`
	Freed     int64                   `json:"freed_size"`
	Inodes    int64                   `json:"freed_inodes"`
	UID       uint32                  `json:"uid"`
	Owner     string                  `json:"owner"`
	Because   string                  `json:"because,omitzero"`
}

type endOfRound struct {
	Nonce   string `json:"nonce"`
	Entries int    `json:"entries"`
}

// fencedLine is a line of the file "fenced". The first has the nonces, each other one
// is about an entry that could not be fenced.
type fencedLine struct {
	Nonce  string `json:"nonce,omitzero"` // of the round
	Mark   string `json:"mark,omitzero"`  // that marks have
	Number int    `json:"number,omitzero"`
	Why    string `json:"why,omitzero"`
}

// endLine is a line of the file "closed". States go on from line to line. Holds follow.
type endLine struct {
	Nonce   string   `json:"nonce,omitzero"`
	Aborted bool     `json:"aborted,omitzero"`
	At      string   `json:"at,omitzero"`
	Host    string   `json:"host,omitzero"`
	Without []string `json:"without,omitzero"`
	States  []State  `json:"states,omitzero"`
	// What the host On found of the entry with this number.
	Number int                  `json:"number,omitzero"`
	On     string               `json:"on,omitzero"`
	Hold   *witness.HoldMessage `json:"hold,omitzero"`
}

// maxFound is how many holds a file says that the host found which closed the round: it
// stays well below the limit of its size.
const maxFound = 20_000

// statesALine is how many states are in a line, so that it is not too long.
const statesALine = 10_000

// messages are a round as it is written.
func (r *Round) messages() []any {
	head := &roundHead{
		Nonce: r.Nonce, Dir: wire.Path(r.Dir), Host: r.Host, User: r.User, PID: r.PID, Opened: r.Opened.UTC().Format(time.RFC3339),
		Policy: r.Policy, Without: r.Without, KeepInstalled: r.KeepInstalled,
	}
	for _, c := range r.Caches {
		head.Caches = append(head.Caches, cacheLine{wire.Path(c.Path), c.Family, c.Ino})
	}
	list := []any{&roundLine{Head: head}}
	for i := range r.Hosts {
		line := hostLine(r.Hosts[i])
		list = append(list, &roundLine{Host: &line})
	}
	for i := range r.Entries {
		e := &r.Entries[i]
		line := &entryLine{
			Cache: e.Cache, Item: e.Item, Companion: e.Companion, Apparent: e.Apparent, Freed: e.Freed, Inodes: e.Inodes,
			UID: e.UID, Owner: e.Owner, Because: e.Because,
		}
		if e.Package != nil {
			line.Package = witness.MessageOf(e.Package)
		}
		list = append(list, &roundLine{Entry: line})
	}
	return append(list, &roundLine{End: &endOfRound{r.Nonce, len(r.Entries)}})
}

// readRound reads the file "round".
func readRound(in io.Reader) (*Round, error) {
	dec := wire.NewDecoder(bounded(in, maxRound), roundProtocol, version)
	dec.Unbounded()
	var r *Round
	for {
		var l roundLine
		switch err := dec.Decode(&l); {
		case err == io.EOF:
			return nil, ErrFile
		case err != nil:
			return nil, err
		case l.Head != nil && r == nil && l.Entry == nil && l.End == nil:
			r = l.Head.round()
		case r == nil || l.Head != nil:
			return nil, ErrFile
		case l.Host != nil && l.Entry == nil && l.End == nil:
			if !isHostName(l.Host.Name) || len(r.Hosts) == maxHosts {
				return nil, ErrFile
			}
			r.Hosts = append(r.Hosts, Host(*l.Host))
		case l.Entry != nil && l.End == nil:
			e, err := l.Entry.entry()
			if err != nil {
				return nil, err
			}
			if e.Cache < 0 || e.Cache >= len(r.Caches) || e.Number != len(r.Entries) {
				return nil, ErrFile
			}
			r.Entries = append(r.Entries, *e)
		case l.End == nil || l.End.Nonce != r.Nonce || l.End.Entries != len(r.Entries) || r.Nonce == "":
			return nil, ErrFile
		default:
			return r, nil
		}
	}
}

func (h *roundHead) round() *Round {
	r := &Round{
		Nonce: h.Nonce, Dir: string(h.Dir), Host: h.Host, User: h.User, PID: h.PID, Policy: h.Policy, Without: h.Without, KeepInstalled: h.KeepInstalled,
	}
	r.Opened, _ = time.Parse(time.RFC3339, h.Opened) // for people
	for _, l := range h.Caches {
		r.Caches = append(r.Caches, Cache{string(l.Path), l.Family, l.Ino})
	}
	return r
}

func (l *entryLine) entry() (*Entry, error) {
	e := &Entry{
		Cache: l.Cache, Item: l.Item, Companion: l.Companion, Apparent: l.Apparent, Freed: l.Freed, Inodes: l.Inodes, UID: l.UID, Owner: l.Owner, Because: l.Because,
	}
	if l.Package != nil {
		p, err := witness.PackageOf(l.Package)
		if err != nil {
			return nil, err
		}
		e.Package = p
	}
	if !filepath.IsLocal(filepath.FromSlash(string(e.Name))) || (e.Package == nil) != (e.Kind == fence.Archive) || min(e.Apparent, e.Freed, e.Inodes) < 0 {
		return nil, ErrFile
	}
	return e, nil
}

// load reads a round.
func (f *folder) load() (*Round, error) {
	file, err := f.open("", roundName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &FolderError{f.Path(), ErrNoRound}
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, err := readRound(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	if err := f.loadFenced(r); err != nil {
		return nil, err
	}
	return r, f.loadEnd(r)
}

// fencedMessages are the file "fenced".
func (r *Round) fencedMessages() []any {
	list := []any{&fencedLine{Nonce: r.Nonce, Mark: r.mark}}
	for i := range r.Entries {
		if why := r.Entries[i].Unfenced; why != "" {
			list = append(list, &fencedLine{Number: i, Why: why})
		}
	}
	return list
}

func (f *folder) loadFenced(r *Round) error {
	return f.lines(fencedName, fencedProtocol, func(dec *wire.Decoder, first bool) error {
		var l fencedLine
		if err := dec.Decode(&l); err != nil {
			return err
		}
		switch {
		case first && l.Nonce == r.Nonce && l.Mark != "":
			r.Fenced, r.mark = true, l.Mark
		case first || l.Number < 0 || l.Number >= len(r.Entries) || l.Why == "":
			return ErrFile
		default:
			r.Entries[l.Number].Unfenced = l.Why
		}
		return nil
	})
}

// endMessages are the file "closed".
func (r *Round) endMessages() []any {
	e := r.End
	list := []any{&endLine{Nonce: r.Nonce, Aborted: e.Aborted, At: e.At.UTC().Format(time.RFC3339), Host: e.Host, Without: e.Without}}
	for states := range slices.Chunk(e.States, statesALine) {
		list = append(list, &endLine{States: states})
	}
	most := len(list) + maxFound
	for _, number := range slices.Sorted(maps.Keys(e.Found)) {
		for _, h := range e.Found[number] {
			if len(list) < most {
				list = append(list, &endLine{Number: number, On: h.Host, Hold: witness.MessageOfHold(&h.Hold)})
			}
		}
	}
	return list
}

func (f *folder) loadEnd(r *Round) error {
	err := f.lines(endName, endProtocol, func(dec *wire.Decoder, first bool) error {
		var l endLine
		if err := dec.Decode(&l); err != nil {
			return err
		}
		if first {
			if l.Nonce != r.Nonce {
				return ErrFile
			}
			r.End = &End{Aborted: l.Aborted, Host: l.Host, Without: l.Without}
			r.End.At, _ = time.Parse(time.RFC3339, l.At) // for people
		}
		r.End.States = append(r.End.States, l.States...)
		if l.Hold == nil {
			return nil
		}
		h, err := witness.HoldOf(l.Hold)
		if err != nil || l.Number < 0 || l.Number >= len(r.Entries) {
			return errors.Join(ErrFile, err)
		}
		if r.End.Found == nil {
			r.End.Found = map[int][]HeldOn{}
		}
		r.End.Found[l.Number] = append(r.End.Found[l.Number], HeldOn{l.On, h})
		return nil
	})
	if err == nil && r.End != nil && len(r.End.States) != len(r.Entries) {
		err = fmt.Errorf("%s: %w", filepath.Join(f.Path(), endName), ErrFile)
	}
	return err
}

// lines reads the lines of a file, if there is one.
func (f *folder) lines(name, protocol string, line func(dec *wire.Decoder, first bool) error) error {
	file, err := f.open("", name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	dec := wire.NewDecoder(bounded(file, wire.MaxSum), protocol, version)
	for first := true; ; first = false {
		err := line(dec, first)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
	}
}
