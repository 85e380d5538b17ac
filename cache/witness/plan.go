package witness

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/asuser/wire"
	"gclean/meta"
	"gclean/walk"
)

// Planning is what a user's process needs to know to make a plan.
type Planning struct {
	Targets          []cache.Category
	Policy           cache.Policy
	KeepInstalled    bool
	KeepNeeded       bool
	EvenLinked       bool
	IgnoreUnreadable bool
	Grace            *time.Duration
	Jobs             int
	Quarantine       time.Duration
	// Caches are the caches that this user is to clean.
	Caches []meta.Value
	// Above are environments of other users inside one of the caches.
	Above []meta.Environment
	// Doubts are what root knows could not be read: environments and lists of others who
	// can read the caches.
	Doubts []meta.Problem
	// SoftLinks says that some configuration allows environments to have symlinks into
	// caches.
	SoftLinks string
}

// planItem is a part of the call CallPlan. The first item has the options.
type planItem struct {
	Targets          []cache.Category `json:"targets,omitzero"`
	Policy           *policy          `json:"policy,omitzero"`
	KeepInstalled    bool             `json:"keep_installed,omitzero"`
	KeepNeeded       bool             `json:"keep_needed,omitzero"`
	EvenLinked       bool             `json:"even_linked,omitzero"`
	IgnoreUnreadable bool             `json:"ignore_unreadable,omitzero"`
	Grace            *int64           `json:"grace,omitzero"` // in nanoseconds
	Jobs             int              `json:"jobs,omitzero"`
	Quarantine       int64            `json:"quarantine,omitzero"` // in nanoseconds
	Cache            *value           `json:"cache,omitzero"`
	Above            *environment     `json:"above,omitzero"`
	Doubt            *problem         `json:"doubt,omitzero"`
	SoftLinks        wire.Path        `json:"soft_links,omitzero"`
}

// policy is a cache.Policy.
type policy struct {
	Include   []wire.Path  `json:"include,omitzero"`
	Exclude   []wire.Path  `json:"exclude,omitzero"`
	OlderThan int64        `json:"older_than,omitzero"` // in nanoseconds
	KeepLast  int          `json:"keep_last,omitzero"`
	MaxSize   *amount      `json:"max_size,omitzero"`
	MinFree   *amount      `json:"min_free,omitzero"`
	MaxFiles  *int64       `json:"max_files,omitzero"`
	FreeFiles *amount      `json:"min_free_files,omitzero"`
	Coming    []fileSystem `json:"coming,omitzero"`
}

type amount struct {
	Bytes   int64   `json:"bytes"`
	Percent float64 `json:"percent"`
}

type fileSystem struct {
	Dev    uint64 `json:"dev"`
	Bytes  int64  `json:"bytes"`
	Inodes int64  `json:"inodes"`
}

func amountOf(a *cache.Amount) *amount {
	if a == nil {
		return nil
	}
	return &amount{a.Bytes, a.Percent}
}

func (a *amount) cache() *cache.Amount {
	if a == nil {
		return nil
	}
	return &cache.Amount{Bytes: a.Bytes, Percent: a.Percent}
}

func (p *Planning) items() []any {
	first := &planItem{
		Targets: p.Targets, KeepInstalled: p.KeepInstalled, KeepNeeded: p.KeepNeeded, EvenLinked: p.EvenLinked, IgnoreUnreadable: p.IgnoreUnreadable, Jobs: p.Jobs,
		Quarantine: int64(p.Quarantine),
		SoftLinks:  wire.Path(p.SoftLinks),
		Policy: &policy{
			Include: paths(p.Policy.Include), Exclude: paths(p.Policy.Exclude), OlderThan: int64(p.Policy.OlderThan), KeepLast: p.Policy.KeepLast,
			MaxSize: amountOf(p.Policy.MaxSize), MinFree: amountOf(p.Policy.MinFree), MaxFiles: p.Policy.MaxFiles,
		},
	}
	if f := p.Policy.MinFreeFiles; f != nil {
		first.Policy.FreeFiles = &amount{f.Number, f.Percent}
	}
	for dev, coming := range p.Policy.Coming {
		first.Policy.Coming = append(first.Policy.Coming, fileSystem{dev, coming.Bytes, coming.Inodes})
	}
	if p.Grace != nil {
		ns := int64(*p.Grace)
		first.Grace = &ns
	}
	items := []any{first}
	for i := range p.Caches {
		v := valueOf(&p.Caches[i])
		items = append(items, &planItem{Cache: &v})
	}
	for i := range p.Above {
		e := &environment{Prefix: wire.Path(p.Above[i].Prefix)}
		for _, a := range p.Above[i].Elsewhere.Above {
			e.Above = append(e.Above, idOf(a))
		}
		items = append(items, &planItem{Above: e})
	}
	for i := range p.Doubts {
		items = append(items, &planItem{Doubt: problemOf(&p.Doubts[i], func(err error) string { return err.Error() })})
	}
	return items
}

// readPlanning decodes the items of a call.
func readPlanning(items []json.RawMessage) (p Planning, err error) {
	for i, raw := range items {
		item, err := into[planItem](raw)
		if err != nil {
			return p, err
		}
		if i == 0 {
			if item.Policy == nil {
				return p, fmt.Errorf("%w: a plan without a policy", ErrBad)
			}
			p = Planning{Targets: item.Targets, KeepInstalled: item.KeepInstalled, KeepNeeded: item.KeepNeeded, EvenLinked: item.EvenLinked, IgnoreUnreadable: item.IgnoreUnreadable, Jobs: item.Jobs, Quarantine: time.Duration(item.Quarantine), SoftLinks: string(item.SoftLinks)}
			p.Policy = cache.Policy{
				Include: strs(item.Policy.Include), Exclude: strs(item.Policy.Exclude), OlderThan: time.Duration(item.Policy.OlderThan),
				KeepLast: item.Policy.KeepLast, MaxSize: item.Policy.MaxSize.cache(), MinFree: item.Policy.MinFree.cache(),
				MaxFiles: item.Policy.MaxFiles, Coming: map[uint64]cache.Coming{},
			}
			if f := item.Policy.FreeFiles; f != nil {
				p.Policy.MinFreeFiles = &cache.Files{Number: f.Bytes, Percent: f.Percent}
			}
			for _, fs := range item.Policy.Coming {
				p.Policy.Coming[fs.Dev] = cache.Coming{Bytes: fs.Bytes, Inodes: fs.Inodes}
			}
			if item.Grace != nil {
				d := time.Duration(*item.Grace)
				p.Grace = &d
			}
			for _, c := range p.Targets {
				if !c.Known() {
					return p, fmt.Errorf("%w: the category %d", ErrBad, c)
				}
			}
		}
		if item.Cache != nil {
			v, err := item.Cache.meta()
			if err != nil {
				return p, err
			}
			p.Caches = append(p.Caches, v)
		}
		if item.Above != nil {
			e, err := item.Above.meta()
			if err != nil {
				return p, err
			}
			p.Above = append(p.Above, e)
		}
		if item.Doubt != nil {
			p.Doubts = append(p.Doubts, item.Doubt.meta())
		}
	}
	return p, nil
}

// plannedItem is a part of a plan.
type plannedItem struct {
	Location *location `json:"location,omitzero"`
	Entry    *entry    `json:"entry,omitzero"` // to remove, or to keep because of Holds
	Holds    []heldBy  `json:"holds,omitzero"`
	Problem  *problem  `json:"problem,omitzero"`
}

// location is a cache.Location.
type location struct {
	Path     wire.Path    `json:"path"`
	ID       id           `json:"id"`
	Family   cache.Family `json:"family,omitzero"`
	Source   wire.Path    `json:"source"`
	ReadOnly string       `json:"read_only,omitzero"`
	Aliases  []wire.Path  `json:"aliases,omitzero"`
	Others   []wire.Path  `json:"others,omitzero"`
}

// entry is a cache.Entry, reduced to what is shown.
type entry struct {
	Category cache.Category `json:"category,omitzero"`
	Dir      wire.Path      `json:"dir"`
	Name     wire.Path      `json:"name"`
	Files    int64          `json:"files,omitzero"`
	Dirs     int64          `json:"dirs,omitzero"`
	Apparent int64          `json:"apparent,omitzero"`
	Disk     int64          `json:"disk,omitzero"`
	Shared   int64          `json:"shared,omitzero"`
	Inodes   int64          `json:"inodes,omitzero"`
	Newest   int64          `json:"newest,omitzero"`
	Hidden   int64          `json:"hidden,omitzero"`
	Because  string         `json:"because,omitzero"`
	Linked   bool           `json:"linked,omitzero"`
	Dist     wire.Path      `json:"dist,omitzero"`
	UID      uint32         `json:"uid,omitzero"`
	Until    int64          `json:"until,omitzero"` // in seconds since 1970
	Origin   wire.Path      `json:"origin,omitzero"`
}

func entryOf(e *cache.Entry) *entry {
	item := &entry{
		Category: e.Category, Dir: wire.Path(e.Dir), Name: wire.Path(e.Name), Files: e.Usage.Files, Dirs: e.Usage.Dirs, Apparent: e.Usage.Apparent, Disk: e.Usage.Disk, Shared: e.Usage.Shared,
		Inodes: e.Usage.Inodes, Newest: e.Newest, Hidden: e.Hidden, Because: shown(e.Because), Linked: e.Linked, Dist: wire.Path(e.Dist), UID: e.Stat.UID, Origin: wire.Path(e.Origin),
	}
	if !e.Until.IsZero() {
		item.Until = e.Until.Unix()
	}
	return item
}

// Plan asks the other side to make a plan, and meanwhile answers its questions through s.
// The entries of the plan are for display only: the other side keeps the plan, and root
// names entries by their index.
func (c *Conn) Plan(ctx context.Context, p Planning, s Asked) (*cache.Plan, error) {
	c.answering(s.handle)
	defer c.answering(nil)
	plan := &cache.Plan{Targets: p.Targets, Made: time.Now()}
	known := map[string]bool{}
	err := c.call(ctx, CallPlan, p.items(), func(raw json.RawMessage) error {
		item, err := into[plannedItem](raw)
		if err != nil {
			return err
		}
		return item.add(plan, known, &p)
	})
	return plan, err
}

// add adds an item to a plan for p's caches. dirs are the paths of the caches received so
// far.
func (item *plannedItem) add(plan *cache.Plan, dirs map[string]bool, p *Planning) error {
	if l := item.Location; l != nil {
		inside := false
		for _, c := range p.Caches {
			rel, err := filepath.Rel(c.Path, string(l.Path))
			inside = inside || err == nil && filepath.IsLocal(rel)
		}
		if !inside || l.Family < cache.Conda || l.Family > cache.RattlerIndex || len(plan.Caches) >= 2*maxCaches {
			return fmt.Errorf("%w: the cache %q", ErrBad, l.Path)
		}
		dirs[string(l.Path)] = true
		plan.Caches = append(plan.Caches, cache.Location{
			Path: string(l.Path), ID: l.ID.walk(), Family: l.Family, Source: string(l.Source), ReadOnly: failure(l.ReadOnly),
			Aliases: strs(l.Aliases), Others: strs(l.Others),
		})
	}
	if x := item.Problem; x != nil {
		plan.Problems = append(plan.Problems, x.meta())
	}
	e := item.Entry
	if e == nil {
		return nil
	}
	usage := walk.Usage{Files: e.Files, Dirs: e.Dirs, Apparent: e.Apparent, Disk: e.Disk, Shared: e.Shared, Inodes: e.Inodes}
	sound := dirs[string(e.Dir)] && filepath.IsLocal(filepath.FromSlash(string(e.Name))) && e.Category.Known()
	if !sound || min(e.Files, e.Dirs, e.Apparent, e.Disk, e.Shared, e.Inodes, e.Hidden) < 0 || max(e.Apparent, e.Disk, e.Shared, e.Inodes, e.Hidden) > maxBytes {
		return fmt.Errorf("%w: the entry %q", ErrBad, e.Name)
	}
	entry := &cache.Entry{
		Category: e.Category, Dir: string(e.Dir), Name: string(e.Name), Usage: usage, Newest: e.Newest, Hidden: e.Hidden, Because: shown(e.Because), Linked: e.Linked,
		Dist: string(e.Dist), Stat: walk.Stat{UID: e.UID}, Origin: string(e.Origin),
	}
	if e.Until != 0 {
		entry.Until = time.Unix(e.Until, 0)
	}
	if len(item.Holds) == 0 {
		plan.Remove = append(plan.Remove, entry)
		return nil
	}
	k := cache.Kept{Entry: entry}
	for i := range item.Holds {
		if cache.Sentence(item.Holds[i].Reason) == "" {
			return fmt.Errorf("%w: the reason %q", ErrBad, item.Holds[i].Reason)
		}
		h := &item.Holds[i]
		k.Holds = append(k.Holds, hold.Hold{Reason: h.Reason, Prefix: string(h.Prefix), Record: string(h.Record), File: string(h.File), Err: failure(h.Error)})
	}
	plan.Kept = append(plan.Kept, k)
	return nil
}

// maxBytes is the largest size accepted for one entry: 1 PiB, so that no sum overflows.
const maxBytes = 1 << 50

// sendPlan sends a plan. message returns the text of an error, with advice.
func sendPlan(p *cache.Plan, message func(error) string, send func(any) error) error {
	for _, l := range p.Caches {
		item := &location{Path: wire.Path(l.Path), ID: idOf(l.ID), Family: l.Family, Source: wire.Path(l.Source), Aliases: paths(l.Aliases), Others: paths(l.Others)}
		if l.ReadOnly != nil {
			item.ReadOnly = text(l.ReadOnly)
		}
		if err := send(&plannedItem{Location: item}); err != nil {
			return err
		}
	}
	for _, e := range p.Remove {
		if err := send(&plannedItem{Entry: entryOf(e)}); err != nil {
			return err
		}
	}
	for _, k := range p.Kept {
		item := &plannedItem{Entry: entryOf(k.Entry)}
		for i := range k.Holds {
			h := holdItem(&k.Holds[i])
			if k.Holds[i].Err != nil {
				h.Error = shown(message(k.Holds[i].Err))
			}
			item.Holds = append(item.Holds, *h)
		}
		if err := send(item); err != nil {
			return err
		}
	}
	for i := range p.Problems {
		if err := send(&plannedItem{Problem: problemOf(&p.Problems[i], message)}); err != nil {
			return err
		}
	}
	return nil
}
