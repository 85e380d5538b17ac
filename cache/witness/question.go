package witness

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"gclean/cache/hold"
	"gclean/internal/asuser/wire"
	"gclean/meta"
)

// questionItem is a part of a question. The first item has the inquiry, and each may have a
// package.
type questionItem struct {
	Inquiry       hold.Inquiry `json:"inquiry,omitzero"`
	Force         bool         `json:"force,omitzero"`
	KeepInstalled bool         `json:"keep_installed,omitzero"`
	Now           int64        `json:"now,omitzero"`
	Package       *pkg         `json:"package,omitzero"`
}

// pkg is a hold.Package.
type pkg struct {
	Cache   wire.Path `json:"cache"`
	Name    wire.Path `json:"name"`
	Dist    wire.Path `json:"dist"`
	Index   wire.Path `json:"index,omitzero"`
	ID      id        `json:"id"`
	Newest  int64     `json:"newest,omitzero"`
	Payload bool      `json:"payload,omitzero"`
	Linked  bool      `json:"linked,omitzero"`

	Aliases []wire.Path `json:"aliases,omitzero"`
}

func packageOf(p *hold.Package) *pkg {
	out := &pkg{
		Cache: wire.Path(p.Cache), Name: wire.Path(p.Name), Dist: wire.Path(p.Dist), Index: wire.Path(p.Index),
		ID: idOf(p.ID), Newest: p.Newest, Payload: p.Payload, Linked: p.Linked || p.Proof != nil,
	}
	for _, alias := range p.Aliases {
		out.Aliases = append(out.Aliases, wire.Path(alias))
	}
	return out
}

func (p *pkg) hold() *hold.Package {
	out := &hold.Package{
		Cache: string(p.Cache), Name: string(p.Name), Dist: string(p.Dist), Index: string(p.Index),
		ID: p.ID.walk(), Newest: p.Newest, Payload: p.Payload, Linked: p.Linked,
	}
	for _, alias := range p.Aliases {
		out.Aliases = append(out.Aliases, string(alias))
	}
	return out
}

// testimonyItem is a part of an answer.
type testimonyItem struct {
	// Number is the index of the package that Hold is about.
	Number int        `json:"number,omitzero"`
	Hold   *heldBy    `json:"hold,omitzero"`
	Cache  wire.Path  `json:"cache,omitzero"`
	Seen   *seenByOne `json:"seen,omitzero"` // about Cache
}

// heldBy is a hold.Hold.
type heldBy struct {
	Reason hold.Reason `json:"reason"`
	Prefix wire.Path   `json:"prefix,omitzero"`
	Record wire.Path   `json:"record,omitzero"`
	File   wire.Path   `json:"file,omitzero"`
	Error  string      `json:"error,omitzero"`
	// User is whom a doubt concerns; nil means everybody, or the user of this process.
	User *user `json:"user,omitzero"`
}

// user is a meta.User, reduced to what decides which files the user can read.
type user struct {
	Name string    `json:"name"`
	Home wire.Path `json:"home"`
	UID  int       `json:"uid"` // -1 if nothing is known about the user
	GIDs []int     `json:"gids,omitzero"`
}

func userOf(u *meta.User) *user {
	if u == nil {
		return nil
	}
	out := &user{shown(u.String()), wire.Path(u.Home), u.UID, u.GIDs}
	if !u.Told() {
		out.UID = -1
	}
	return out
}

func (u *user) meta() *meta.User {
	if u == nil {
		return nil
	}
	return &meta.User{Name: shown(u.Name), Home: string(u.Home), UID: u.UID, GIDs: u.GIDs}
}

// seenByOne is a hold.SeenEnvironment.
type seenByOne struct {
	Prefix wire.Path  `json:"prefix"`
	Seen   int64      `json:"seen"`
	Holds  []seenHold `json:"holds"`
}

type seenHold struct {
	Package wire.Path   `json:"package"`
	Reason  hold.Reason `json:"reason"`
}

func holdItem(h *hold.Hold) *heldBy {
	item := &heldBy{h.Reason, wire.Path(h.Prefix), wire.Path(h.Record), wire.Path(h.File), text(h.Err), nil}
	if h.Reason.Doubt() && len(h.Users) == 1 {
		item.User = userOf(h.Users[0])
	}
	return item
}

// asHold decodes a hold. If it is a doubt, it concerns users.
func (h *heldBy) asHold(users []*meta.User) (hold.Hold, error) {
	if h.Reason.Sentence() == "" {
		return hold.Hold{}, fmt.Errorf("%w: the reason %q", ErrBad, h.Reason)
	}
	held := hold.Hold{Reason: h.Reason, Prefix: string(h.Prefix), Record: string(h.Record), File: string(h.File), Err: failure(h.Error)}
	switch {
	case !h.Reason.Doubt():
	case users != nil:
		held.Users = users
	case h.User != nil:
		held.Users = []*meta.User{h.User.meta()}
	}
	return held, nil
}

// Ask puts a question to the other side. Doubts in the answer concern user; nil means
// whomever the answer names.
func (c *Conn) Ask(ctx context.Context, q hold.Question, user *meta.User) (hold.Testimony, error) {
	items := []any{&questionItem{Inquiry: q.Inquiry, Force: q.Force, KeepInstalled: q.KeepInstalled, Now: q.Now}}
	caches := map[string]bool{}
	for _, p := range q.Packages {
		caches[p.Cache] = true
		items = append(items, &questionItem{Package: packageOf(p)})
	}
	var users []*meta.User
	if user != nil {
		users = []*meta.User{user}
	}
	t := hold.Testimony{Holds: map[int][]hold.Hold{}, Marks: map[string][]hold.SeenEnvironment{}}
	err := c.call(ctx, CallAsk, items, func(raw json.RawMessage) error {
		item, err := into[testimonyItem](raw)
		if err != nil {
			return err
		}
		return item.add(&t, len(q.Packages), caches, users)
	})
	return t, err
}

// add adds an item to the testimony about n packages in caches.
func (item *testimonyItem) add(t *hold.Testimony, n int, caches map[string]bool, users []*meta.User) error {
	switch {
	case item.Hold != nil && item.Seen == nil && item.Number >= 0 && item.Number < n:
		h, err := item.Hold.asHold(users)
		if err != nil {
			return err
		}
		t.Holds[item.Number] = append(t.Holds[item.Number], h)
		return nil
	case item.Seen != nil && item.Hold == nil && caches[string(item.Cache)] && filepath.IsAbs(string(item.Seen.Prefix)):
		e := hold.SeenEnvironment{Prefix: string(item.Seen.Prefix), Seen: item.Seen.Seen}
		for _, h := range item.Seen.Holds {
			e.Holds = append(e.Holds, hold.SeenHold{Package: string(h.Package), Reason: h.Reason})
		}
		t.Marks[string(item.Cache)] = append(t.Marks[string(item.Cache)], e)
		return nil
	}
	return fmt.Errorf("%w: an answer without a question", ErrBad)
}

// readQuestion decodes the items of a call.
func readQuestion(items []json.RawMessage) (q hold.Question, err error) {
	for i, raw := range items {
		item, err := into[questionItem](raw)
		if err != nil {
			return q, err
		}
		if i == 0 {
			q = hold.Question{Inquiry: item.Inquiry, Force: item.Force, KeepInstalled: item.KeepInstalled, Now: item.Now}
		}
		p := item.Package
		if p == nil {
			continue
		}
		asked, err := PackageOf(p)
		if err != nil {
			return q, err
		}
		q.Packages = append(q.Packages, asked)
	}
	if q.Inquiry < hold.Quick || q.Inquiry > hold.Remembering {
		return q, fmt.Errorf("%w: the inquiry %d", ErrBad, q.Inquiry)
	}
	return q, nil
}

// sendTestimony sends an answer.
func sendTestimony(t *hold.Testimony, send func(any) error) error {
	for number, holds := range t.Holds {
		for i := range holds {
			if err := send(&testimonyItem{Number: number, Hold: holdItem(&holds[i])}); err != nil {
				return err
			}
		}
	}
	for cache, list := range t.Marks {
		for _, env := range list {
			seen := &seenByOne{Prefix: wire.Path(env.Prefix), Seen: env.Seen}
			for _, h := range env.Holds {
				seen.Holds = append(seen.Holds, seenHold{wire.Path(h.Package), h.Reason})
			}
			if err := send(&testimonyItem{Cache: wire.Path(cache), Seen: seen}); err != nil {
				return err
			}
		}
	}
	return nil
}
