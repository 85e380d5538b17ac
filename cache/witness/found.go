package witness

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"gclean/internal/asuser/wire"
	"gclean/meta"
	"gclean/meta/absence"
	"gclean/walk"
)

// findItem is a part of what a user's process needs to know to look for environments. The
// lists may be spread over several items.
type findItem struct {
	Roots []value     `json:"roots,omitzero"`
	Known []wire.Path `json:"known,omitzero"`
	Homes []wire.Path `json:"homes,omitzero"`
	Gone  []wire.Path `json:"gone,omitzero"`
	Also  []wire.Path `json:"also,omitzero"`
}

// value is a meta.Value.
type value struct {
	Path   wire.Path   `json:"path"`
	Source wire.Path   `json:"source"`
	Layout meta.Layout `json:"layout,omitzero"`
	Owner  int         `json:"owner,omitzero"`
	ID     id          `json:"id,omitzero"`
	Write  bool        `json:"write,omitzero"` // the user who names it may write to it
}

func valueOf(v *meta.Value) value {
	return value{wire.Path(v.Path), wire.Path(v.Source), v.Layout, v.Owner, idOf(v.ID), v.Writable}
}

func (v *value) meta() (meta.Value, error) {
	if !filepath.IsAbs(string(v.Path)) || v.Layout < meta.CondaPackages || v.Layout > meta.RattlerPackages || v.Owner < 0 {
		return meta.Value{}, fmt.Errorf("%w: the path %q", ErrBad, v.Path)
	}
	return meta.Value{Path: filepath.Clean(string(v.Path)), Source: string(v.Source), Layout: v.Layout, Owner: v.Owner, ID: v.ID.walk(), Writable: v.Write}, nil
}

// foundItem is one thing that a user's process has found.
type foundItem struct {
	Cache       *value       `json:"cache,omitzero"`
	Environment *environment `json:"environment,omitzero"`
	Problem     *problem     `json:"problem,omitzero"`
	SoftLinks   wire.Path    `json:"soft_links,omitzero"`
}

// environment is a meta.Environment. Its records are reduced to a number and a digest,
// because only its witness answers questions about them.
type environment struct {
	Prefix  wire.Path   `json:"prefix"`
	ID      id          `json:"id"`
	Sources []wire.Path `json:"sources"`
	Records int         `json:"records"`
	Digest  string      `json:"digest"`
	Above   []id        `json:"above"`
	Bare    bool        `json:"bare,omitzero"`
	Error   string      `json:"error,omitzero"`
	// Unproven says that nothing proves that it is gone.
	Unproven bool `json:"unproven,omitzero"`
}

// unproven is an absence.ErrUnproven that the other side reported.
type unproven struct{ RemoteError }

// Is makes errors.Is report an absence.ErrUnproven.
func (*unproven) Is(target error) bool { return target == absence.ErrUnproven }

// problem is a meta.Problem.
type problem struct {
	Code   string    `json:"code"`
	Path   wire.Path `json:"path"`
	Error  string    `json:"error"`
	Hides  bool      `json:"hides,omitzero"`
	Unseen bool      `json:"unseen,omitzero"`
	Doubt  bool      `json:"doubt,omitzero"`
	Failed bool      `json:"failed,omitzero"`
	User   *user     `json:"user,omitzero"` // only in what root sends
}

// Limits of an answer.
const (
	maxEnvironments = 100_000
	maxProblems     = 10_000
	maxCaches       = 1_000
	perItem         = 500 // paths in one item, to limit the length of a line
)

// findItems returns the items of the call CallFind.
func findItems(q meta.Finding, also []string) []any {
	first := &findItem{}
	for i := range q.Roots {
		first.Roots = append(first.Roots, valueOf(&q.Roots[i]))
	}
	items := []any{first}
	split := func(list []string, set func(*findItem, []wire.Path)) {
		for len(list) > 0 {
			n := min(len(list), perItem)
			it := &findItem{}
			set(it, paths(list[:n]))
			items, list = append(items, it), list[n:]
		}
	}
	split(q.Known, func(it *findItem, p []wire.Path) { it.Known = p })
	split(q.Homes, func(it *findItem, p []wire.Path) { it.Homes = p })
	split(q.Gone, func(it *findItem, p []wire.Path) { it.Gone = p })
	split(also, func(it *findItem, p []wire.Path) { it.Also = p })
	return items
}

func readFind(items []json.RawMessage) (q meta.Finding, err error) {
	for _, raw := range items {
		item, err := into[findItem](raw)
		if err != nil {
			return q, err
		}
		for i := range item.Roots {
			v, err := item.Roots[i].meta()
			if err != nil {
				return q, err
			}
			q.Roots = append(q.Roots, v)
		}
		q.Known = append(q.Known, strs(item.Known)...)
		q.Homes = append(q.Homes, strs(item.Homes)...)
		q.Gone = append(q.Gone, strs(item.Gone)...)
		q.Also = append(q.Also, strs(item.Also)...)
	}
	return q, nil
}

// Find asks the other side to look for environments and caches. also are environments that
// others name.
func (c *Conn) Find(ctx context.Context, q meta.Finding, also []string) (meta.Found, error) {
	var f meta.Found
	err := c.call(ctx, CallFind, findItems(q, also), func(raw json.RawMessage) error {
		item, err := into[foundItem](raw)
		if err != nil {
			return err
		}
		return item.add(&f)
	})
	return f, err
}

// Look asks the other side to look at environments.
func (c *Conn) Look(ctx context.Context, prefixes []string) ([]meta.Environment, error) {
	var f meta.Found
	err := c.call(ctx, CallLook, findItems(meta.Finding{}, prefixes), func(raw json.RawMessage) error {
		item, err := into[foundItem](raw)
		if err != nil {
			return err
		}
		return item.add(&f)
	})
	return f.Environments, err
}

// Changed asks the other side whether anything has changed since it was found.
func (c *Conn) Changed(ctx context.Context) (changed bool, err error) {
	err = c.call(ctx, CallChanged, nil, func(raw json.RawMessage) error {
		changed, err = into[bool](raw)
		return err
	})
	return changed, err
}

// add adds the item to f.
func (item *foundItem) add(f *meta.Found) error {
	f.SoftLinks += string(item.SoftLinks)
	if v := item.Cache; v != nil {
		cache, err := v.meta()
		if err != nil {
			return err
		}
		f.Caches = append(f.Caches, cache)
	}
	if p := item.Problem; p != nil {
		f.Problems = append(f.Problems, p.meta())
	}
	if e := item.Environment; e != nil {
		env, err := e.meta()
		if err != nil {
			return err
		}
		f.Environments = append(f.Environments, env)
	}
	if len(f.Caches) > maxCaches || len(f.Problems) > maxProblems || len(f.Environments) > maxEnvironments || len(f.SoftLinks) > maxText {
		return fmt.Errorf("%w: %w", ErrBad, errMany)
	}
	return nil
}

func (p *problem) meta() meta.Problem {
	return meta.Problem{
		Code: shown(p.Code), Path: string(p.Path), Err: &RemoteError{shown(p.Error)},
		Hides: p.Hides, Unseen: p.Unseen, Doubt: p.Doubt, Failed: p.Failed, User: p.User.meta(),
	}
}

func problemOf(p *meta.Problem, message func(error) string) *problem {
	return &problem{p.Code, wire.Path(p.Path), shown(message(p.Err)), p.Hides, p.Unseen, p.Doubt, p.Failed, userOf(p.User)}
}

func (e *environment) meta() (meta.Environment, error) {
	if !filepath.IsAbs(string(e.Prefix)) || e.Records < 0 || len(e.Digest) > 64 || len(e.Above) > 4096 {
		return meta.Environment{}, fmt.Errorf("%w: the environment %q", ErrBad, e.Prefix)
	}
	env := meta.Environment{
		Prefix: filepath.Clean(string(e.Prefix)), ID: e.ID.walk(), Sources: strs(e.Sources), Bare: e.Bare, Err: failure(e.Error),
		Elsewhere: &meta.Elsewhere{Records: e.Records, Digest: e.Digest},
	}
	if e.Unproven && env.Err != nil {
		env.Err = &unproven{RemoteError{env.Err.Error()}}
	}
	for _, i := range e.Above {
		env.Elsewhere.Above = append(env.Elsewhere.Above, i.walk())
	}
	return env, nil
}

// environmentOf returns the wire form of an environment.
func environmentOf(e *meta.Environment) *environment {
	sum := sha256.New()
	for _, record := range e.Records {
		_, _ = io.WriteString(sum, record+"\x00")
	}
	out := &environment{
		Prefix: wire.Path(e.Prefix), ID: idOf(e.ID), Records: len(e.Records), Digest: hex.EncodeToString(sum.Sum(nil)[:8]),
		Bare: e.Bare, Error: text(e.Err), Unproven: errors.Is(e.Err, absence.ErrUnproven),
	}
	for _, s := range e.Sources[:min(len(e.Sources), 16)] {
		out.Sources = append(out.Sources, wire.Path(strings.ReplaceAll(s, "\x00", "")))
	}
	if real, err := walk.Real(e.Prefix); err == nil {
		for dir := real; ; dir = filepath.Dir(dir) {
			if i, err := walk.Identify(dir); err == nil {
				out.Above = append(out.Above, idOf(i))
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return out
}

// sendFound sends what was found.
func sendFound(d *meta.Discovery, send func(any) error) error {
	var items []any
	for i := range d.Caches {
		v := valueOf(&d.Caches[i])
		items = append(items, &foundItem{Cache: &v})
	}
	for i := range d.Environments {
		items = append(items, &foundItem{Environment: environmentOf(&d.Environments[i])})
	}
	plain := func(err error) string { return err.Error() }
	for _, list := range []meta.Problems{d.Unread, d.Unseen, d.Problems} {
		for i := range list {
			items = append(items, &foundItem{Problem: problemOf(&list[i], plain)})
		}
	}
	if d.Config != nil && d.Config.SoftLinks != "" {
		items = append(items, &foundItem{SoftLinks: wire.Path(d.Config.SoftLinks)})
	}
	for _, item := range items {
		if err := send(item); err != nil {
			return err
		}
	}
	return nil
}
