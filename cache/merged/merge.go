package merged

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/order"
	"gclean/meta"
	"gclean/meta/others"
	"gclean/walk"
)

// seen is a cache as one report describes it.
type seen struct {
	d     *Document
	cache *place
}

// Merge makes one report out of those of several hosts.
func Merge(documents []*Document) *cache.Report {
	m := &merger{report: &cache.Report{Hosts: []cache.HostUse{}}, owners: map[*cache.Item]string{}}
	documents = slices.Clone(documents)
	// Sort by time, because the newest report says what exists.
	slices.SortStableFunc(documents, func(a, b *Document) int {
		return cmp.Or(a.Made.Compare(b.Made), strings.Compare(a.Host, b.Host))
	})
	r := m.report
	for _, d := range documents {
		r.Made = d.Made
		r.Doubt = r.Doubt || d.Doubt
		for _, w := range d.Warnings {
			x := meta.Problem{Code: w.Code, Err: errors.New(on(d.Host, w.Message)), Doubt: w.Doubt, Failed: !d.Success}
			if w.Path != "" {
				x.Path = on(d.Host, w.Path)
			}
			r.Problems = append(r.Problems, x)
		}
	}
	for _, group := range groups(documents) {
		m.cache(group)
	}
	m.elsewhere(documents)

	order.By(r.Items, func(a, b *cache.Item) int {
		return cmp.Or(cmp.Compare(a.Entry.Category, b.Entry.Category), cmp.Compare(a.Cache, b.Cache), strings.Compare(a.Entry.Dir, b.Entry.Dir), strings.Compare(a.Entry.Name, b.Entry.Name))
	})

	r.AddUp(environments(documents), func(it *cache.Item) string { return m.owners[it] + "@" + it.Host })
	for _, it := range r.Items {
		if it.State == cache.StateFree {
			r.Free.Apparent += it.Entry.Usage.Apparent
			r.Free.Freed += it.Freed
			r.Free.Inodes += it.FreedInodes
		}
	}
	m.hosts(documents)
	return r
}

// on returns path with its host in front.
func on(host, path string) string { return host + ":" + path }

// Others returns the folders of all hosts that gclean does not clean, with the host before
// their paths. A folder that several reports of one host list counts once, as the newest
// says. Nothing tells whether two hosts see the same folder: each host has its own.
func Others(documents []*Document) (list []others.Folder) {
	type listed struct {
		index int
		made  time.Time
	}
	known := map[string]listed{}
	for _, d := range documents {
		for _, f := range d.Others {
			o := others.Folder{
				Path: on(d.Host, f.Path), Source: f.Source, Kind: f.Kind, Cache: f.Cache,
				Usage: walk.Usage{Files: f.Files, Apparent: f.Apparent, Disk: f.Disk, Inodes: f.Inodes},
			}
			if f.Error != nil {
				o.Err = errors.New(*f.Error)
			}
			switch other, twice := known[o.Path]; {
			case !twice:
				known[o.Path] = listed{len(list), d.Made}
				list = append(list, o)
			case d.Made.After(other.made):
				known[o.Path] = listed{other.index, d.Made}
				list[other.index] = o
			}
		}
	}
	return list
}

// groups returns the caches, each with all reports that contain it, the newest last.
func groups(documents []*Document) [][]seen {
	var list [][]seen
	index := map[string]int{}
	for _, d := range documents {
		for i := range d.Caches {
			c := &d.Caches[i]
			n, known := index[c.Identity]
			if !known {
				n = len(list)
				index[c.Identity] = n
				list = append(list, nil)
			}
			list[n] = append(list[n], seen{d, c})
		}
	}
	order.Stable(list, func(a, b []seen) int {
		return cmp.Or(strings.Compare(hostsOf(a), hostsOf(b)), strings.Compare(a[0].cache.Path, b[0].cache.Path))
	})
	return list
}

// hostsOf returns the names of the hosts that see a cache, each once.
func hostsOf(group []seen) string {
	var names []string
	for _, s := range group {
		names = append(names, s.d.Host)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// merger builds the merged report.
type merger struct {
	report *cache.Report
	owners map[*cache.Item]string
}

// cache adds a cache with its entries.
func (m *merger) cache(group []seen) {
	newest, host, number := group[len(group)-1], hostsOf(group), len(m.report.Caches)
	loc := cache.Location{Path: on(host, newest.cache.Path), Family: newest.cache.family, Source: newest.cache.Source}
	if newest.cache.ReadOnly {
		loc.ReadOnly = cache.ErrReadOnly
	}
	m.report.Caches = append(m.report.Caches, loc)
	m.report.ByCache = append(m.report.ByCache, cache.CacheUse{Cache: number, FSSize: newest.cache.Size, FSFree: newest.cache.Available, Identity: newest.cache.Identity, Host: host})
	items := map[string]*cache.Item{}
	for _, e := range newest.cache.entries {
		if it := items[e.Category+"/"+e.name]; it != nil { // the report lists it twice
			add(it, newest.d, e)
			continue
		}
		it := m.item(newest.d, host, e)
		it.Cache, it.Entry.Dir, it.Entry.Name = number, loc.Path, e.name
		items[e.Category+"/"+e.name] = it
	}
	for _, s := range group[:len(group)-1] {
		for _, e := range s.cache.entries {
			if it := items[e.Category+"/"+e.name]; it != nil {
				add(it, s.d, e)
			}
		}
	}
}

// item adds an entry as one report describes it.
func (m *merger) item(d *Document, host string, e *entry) *cache.Item {
	it := &cache.Item{
		Entry: &cache.Entry{Category: e.category, Dist: e.Dist, Usage: walk.Usage{Files: e.Files, Apparent: e.Apparent}},
		Cache: -1, State: e.state, Dist: e.Dist, Name: e.Name, Version: e.Version, Build: e.Build,
		Disk: e.Disk, Inodes: e.Inodes, Freed: e.Freed, FreedInodes: e.FreedInodes, UID: -1, LastUsed: e.LastUsed, Host: host,
	}
	if e.UID != nil {
		it.UID = *e.UID
	}
	if q := e.Quarantine; q != nil {
		it.Entry.Until, it.Entry.Origin = q.Until, q.Origin
		if e.in != nil {
			it.Entry.Origin, _ = below(q.Origin, e.in.Path)
		}
	}
	m.report.Items = append(m.report.Items, it)
	m.owners[it] = cmp.Or(e.Owner, "?")
	it.Holds, it.Environments = holdsOf(d, e), environmentsOf(d, e)
	return it
}

func holdsOf(d *Document, e *entry) (list []hold.Hold) {
	path := func(p string) string {
		if p == "" {
			return ""
		}
		return on(d.Host, p)
	}
	for _, r := range e.Reasons {
		h := hold.Hold{Reason: r.Code, Prefix: path(r.Prefix), Record: path(r.Record), File: path(r.File)}
		if r.Error != "" {
			h.Err = errors.New(r.Error)
		}
		list = append(list, h)
	}
	return list
}

func environmentsOf(d *Document, e *entry) (list []string) {
	for _, p := range e.Environments {
		list = append(list, on(d.Host, p))
	}
	return list
}

// add merges what another host knows about an entry. An entry that any host uses is in use,
// and frees nothing.
func add(it *cache.Item, d *Document, e *entry) {
	it.Holds = append(it.Holds, holdsOf(d, e)...)
	it.Environments = append(it.Environments, environmentsOf(d, e)...)
	slices.Sort(it.Environments)
	it.Environments = slices.Compact(it.Environments)
	if e.LastUsed.After(it.LastUsed) {
		it.LastUsed = e.LastUsed
	}
	if rank(e.state) > rank(it.State) {
		it.State = e.state
	}
	if it.State != cache.StateFree {
		it.Freed, it.FreedInodes = 0, 0
	}
}

// rank orders states: the state with the higher rank wins.
func rank(s cache.State) int {
	return slices.Index([]cache.State{cache.StateFree, cache.StateDoubt, cache.StateKept, cache.StateAside, cache.StateHeld}, s)
}

// elsewhere adds the entries outside caches, which are temp files. Two reports of one host,
// by two users, may list the same.
func (m *merger) elsewhere(documents []*Document) {
	items := map[string]*cache.Item{}
	for _, d := range slices.Backward(documents) {
		for i := range d.Entries {
			e := &d.Entries[i]
			if e.in != nil {
				continue
			}
			key := e.Category + "/" + on(d.Host, e.Path)
			if it := items[key]; it != nil {
				add(it, d, e)
				continue
			}
			it := m.item(d, d.Host, e)
			cut := strings.LastIndexAny(e.Path, `/\`)
			it.Entry.Dir, it.Entry.Name = on(d.Host, e.Path[:max(cut, 0)]), e.Path[cut+1:]
			items[key] = it
		}
	}
}

// environments returns the environments of all hosts, each once. One that several users
// of a host have looked at is unreadable if nobody could read it.
func environments(documents []*Document) (list []cache.EnvironmentUse) {
	index := map[string]int{}
	for _, d := range documents {
		for _, p := range d.Prefixes {
			n, known := index[on(d.Host, p.Prefix)]
			if known {
				if p.Error == nil {
					list[n].Err = nil
				}
				continue
			}
			index[on(d.Host, p.Prefix)] = len(list)
			use := cache.EnvironmentUse{Prefix: on(d.Host, p.Prefix)}
			if p.Error != nil {
				use.Err = errors.New(*p.Error)
			}
			list = append(list, use)
		}
	}
	return list
}

// hosts computes the sums for each host, and for each group of hosts that share a cache.
func (m *merger) hosts(documents []*Document) {
	uses := map[string]*cache.HostUse{}
	of := func(host string) *cache.HostUse {
		if uses[host] == nil {
			uses[host] = &cache.HostUse{Host: host}
		}
		return uses[host]
	}
	for _, d := range documents {
		of(d.Host).Made = d.Made // documents are sorted by time, so the newest wins
	}
	for _, it := range m.report.Items {
		use := of(it.Host)
		use.Tally.Add(it)
		if use.Made.IsZero() {
			use.Made = m.report.Made
		}
	}
	for _, use := range uses {
		m.report.Hosts = append(m.report.Hosts, *use)
	}
	order.By(m.report.Hosts, func(a, b cache.HostUse) int { return strings.Compare(a.Host, b.Host) })
}
