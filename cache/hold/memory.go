package hold

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"gclean/internal/order"
	"gclean/walk"
)

// Mark is what a witness has seen, as it is kept in a cache from run to run. It
// only ever keeps packages, but for Records, which say what need not be read
// again: those count only where the mark is one's own.
type Mark struct {
	// Schema is the version of the form: 1.
	Schema int `json:"schema"`
	// Host is the witness's host, UID its user.
	Host string `json:"host"`
	UID  int    `json:"uid"`
	// Made is when the look at the environments began, in seconds since 1970.
	Made int64 `json:"made"`
	// Environments are those that hold packages of the cache in ways that no hard
	// link shows.
	Environments []SeenEnvironment `json:"environments"`
	// Records are records whose names are no package's, and the names that they
	// give to their packages.
	Records []SeenRecord `json:"records"`
}

// SeenEnvironment is an environment and what it was seen to hold.
type SeenEnvironment struct {
	Prefix string `json:"prefix"`
	// Seen is when it was looked at, in seconds since 1970. It is older than the mark
	// where the environment is out of reach since, and 0 where not all of it was seen.
	Seen  int64      `json:"seen"`
	Holds []SeenHold `json:"holds"`
}

// SeenHold is a package, by its path below the cache, and how it was held.
type SeenHold struct {
	Package string `json:"package"`
	Reason  Reason `json:"reason"`
}

// SeenRecord is a record, by path and by what changes when it is written anew.
type SeenRecord struct {
	Path  string   `json:"path"`
	Dev   uint64   `json:"dev"`
	Ino   uint64   `json:"ino"`
	Size  int64    `json:"size"`
	Ctime int64    `json:"ctime"`
	Names []string `json:"names"`
}

// Memory is what the marks in the caches say. A nil Memory knows nothing.
type Memory struct {
	host string // this one
	// stat describes the file at a path, symlinks followed.
	stat func(path string) (walk.Stat, error)
	seen map[place]*recall

	mu      sync.Mutex
	records map[string]SeenRecord
	fresh   []SeenRecord    // what this run has read, or knows to be as it was
	noted   map[string]bool // those that are in fresh, by path
}

// place is an environment as packages of one cache are concerned. The same path is
// another environment on another host.
type place struct{ host, cache, prefix string }

// recall is what an environment held of a cache when it was last seen.
type recall struct {
	packages map[string]bool // by path below the cache
	// asked is when it was asked by this user, in nanoseconds since 1970; 0 if
	// others say so. What they say may keep a package, and ends no doubt.
	asked int64
}

// NewMemory is the memory of a host, in which records that were seen are told by
// stat.
func NewMemory(host string, stat func(path string) (walk.Stat, error)) *Memory {
	return &Memory{host: host, stat: stat, seen: map[place]*recall{}, records: map[string]SeenRecord{}, noted: map[string]bool{}}
}

// Add takes in a mark of the cache at path. own says that nobody but this user
// can have written it.
func (m *Memory) Add(path string, mark Mark, own bool) {
	own = own && mark.Host == m.host
	for _, env := range mark.Environments {
		at := place{mark.Host, path, env.Prefix}
		if m.seen[at] == nil {
			m.seen[at] = &recall{packages: map[string]bool{}}
		}
		for _, h := range env.Holds {
			m.seen[at].packages[h.Package] = true
		}
		if own {
			m.seen[at].asked = max(m.seen[at].asked, env.Seen*1e9)
		}
	}
	if own {
		for _, r := range mark.Records {
			m.records[r.Path] = r
		}
	}
}

// Prefixes are the environments that were seen on this host, sorted.
func (m *Memory) Prefixes() []string {
	if m == nil {
		return nil
	}
	var list []string
	for at := range m.seen {
		if at.host == m.host {
			list = append(list, at.prefix)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Holds says whether anything in a cache is remembered as held.
func (m *Memory) Holds(cache string) bool {
	if m == nil {
		return false
	}
	for at, r := range m.seen {
		if at.cache == cache && len(r.packages) > 0 {
			return true
		}
	}
	return false
}

// Packages are the packages of a cache that this host has seen held, by path below the
// cache, sorted.
func (m *Memory) Packages(cache string) []string {
	if m == nil {
		return nil
	}
	var list []string
	for at, r := range m.seen {
		if at.host == m.host && at.cache == cache {
			list = slices.AppendSeq(list, maps.Keys(r.packages))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Forget drops an environment of this host: it is gone, or speaks for itself.
func (m *Memory) Forget(prefix string) {
	maps.DeleteFunc(m.seen, func(at place, _ *recall) bool { return at.prefix == prefix && at.host == m.host })
}

// ForgetEverywhere drops an environment, whichever host saw it.
func (m *Memory) ForgetEverywhere(gone func(prefix string) bool) {
	maps.DeleteFunc(m.seen, func(at place, _ *recall) bool { return gone(at.prefix) })
}

// of is what environments out of reach held of p.
func (m *Memory) of(p *Package) []Hold {
	if m == nil {
		return nil
	}
	var holds []Hold
	for at, r := range m.seen {
		if at.cache == p.Cache && r.packages[p.Name] {
			holds = append(holds, Hold{Reason: Remembered, Prefix: at.prefix})
		}
	}
	order.By(holds, func(a, b Hold) int { return strings.Compare(a.Prefix, b.Prefix) })
	return slices.CompactFunc(holds, func(a, b Hold) bool { return a.Prefix == b.Prefix })
}

// here are the environments of this host that are out of reach and held p, and when
// this user has asked each; 0 for never.
func (m *Memory) here(p *Package) map[string]int64 {
	if m == nil {
		return nil
	}
	list := map[string]int64{}
	for at, r := range m.seen {
		if at.host == m.host && at.cache == p.Cache && r.packages[p.Name] {
			list[at.prefix] = r.asked / 1e9
		}
	}
	return list
}

// settles says that the memory of an environment takes the place of the doubt
// about it: it held what it held. A package that came after it was seen may be
// linked all the same.
func (m *Memory) settles(prefix string, p *Package) bool {
	if m == nil {
		return false
	}
	r := m.seen[place{m.host, p.Cache, prefix}]
	return r != nil && p.Newest < r.asked
}

// names are the names that the record at path gives to its package: as
// remembered, if the record is as it was, else as read says.
func (m *Memory) names(path string, read func() ([]string, error)) ([]string, error) {
	if m == nil {
		return read()
	}
	st, err := m.stat(path)
	if err != nil {
		return read() // it tells what is wrong
	}
	now := SeenRecord{Path: path, Dev: st.ID.Dev, Ino: st.ID.Ino, Size: st.Size, Ctime: st.Ctime}
	m.mu.Lock()
	old, ok := m.records[path]
	m.mu.Unlock()
	if ok && old.Dev == now.Dev && old.Ino == now.Ino && old.Size == now.Size && old.Ctime == now.Ctime {
		now.Names = old.Names
	} else if now.Names, err = read(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	// A witness is asked again and again.
	m.records[path] = now
	if !m.noted[path] {
		m.noted[path] = true
		m.fresh = append(m.fresh, now)
	}
	return now.Names, nil
}
