package hold

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"gclean/internal/order"
	"gclean/walk"
)

// Mark is what a witness saw, stored in a cache for later runs. It can only keep packages,
// except for Records: they save reading records again, and count only in one's own mark.
type Mark struct {
	// Schema is the version of the format: 1.
	Schema int `json:"schema"`
	// Host is the witness's host, UID the user's number on it.
	Host string `json:"host"`
	UID  int    `json:"uid"`
	// Made is when the look at the environments began, in seconds since 1970.
	Made int64 `json:"made"`
	// Environments are those that hold packages of the cache in ways that no hard link
	// shows.
	Environments []SeenEnvironment `json:"environments"`
	// Records are records whose names match no package, with the names that they give to
	// their packages.
	Records []SeenRecord `json:"records"`
}

// SeenEnvironment is an environment and what it held when it was seen.
type SeenEnvironment struct {
	Prefix string `json:"prefix"`
	// Seen is when it was looked at, in seconds since 1970. It is older than the mark if
	// the environment has been out of reach since, and 0 if it was only partly read.
	Seen  int64      `json:"seen"`
	Holds []SeenHold `json:"holds"`
}

// SeenHold is a package, by its path below the cache, and the reason why it was held.
type SeenHold struct {
	Package string `json:"package"`
	Reason  Reason `json:"reason"`
}

// SeenRecord identifies a record by its path and by attributes that change when it is
// rewritten.
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
	host string // name of this host
	// stat returns the attributes of the file at a path, following symlinks.
	stat func(path string) (walk.Stat, error)
	seen map[place]*recall

	mu      sync.Mutex
	records map[string]SeenRecord
	fresh   []SeenRecord    // records that this run has read, or found unchanged
	noted   map[string]bool // paths of the records in fresh
}

// place is an environment in relation to the packages of one cache. The same path is
// another environment on another host.
type place struct{ host, cache, prefix string }

// recall is what an environment held of a cache when it was last seen.
type recall struct {
	packages map[string]bool // by path below the cache
	// asked is when this user last looked at it, in nanoseconds since 1970; 0 if only
	// others did. What others say may keep a package, but settles no doubt.
	asked int64
}

// NewMemory returns an empty memory for host. stat tells whether records that were seen
// earlier have changed.
func NewMemory(host string, stat func(path string) (walk.Stat, error)) *Memory {
	return &Memory{host: host, stat: stat, seen: map[place]*recall{}, records: map[string]SeenRecord{}, noted: map[string]bool{}}
}

// Add adds a mark of the cache at path. own says that only this user can have written it.
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

// Prefixes returns the environments that were seen on this host, sorted.
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

// Holds reports whether the memory holds anything in a cache.
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

// Packages returns the packages of a cache that this host has seen held, by path below the
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

// Forget drops an environment of this host, because it no longer exists or can be read
// itself.
func (m *Memory) Forget(prefix string) {
	maps.DeleteFunc(m.seen, func(at place, _ *recall) bool { return at.prefix == prefix && at.host == m.host })
}

// ForgetEverywhere drops the environments for which gone returns true, whichever host saw
// them.
func (m *Memory) ForgetEverywhere(gone func(prefix string) bool) {
	maps.DeleteFunc(m.seen, func(at place, _ *recall) bool { return gone(at.prefix) })
}

// of returns what environments out of reach held of p.
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

// here returns the environments of this host that are out of reach and held p. The values
// are when this user last looked at each, in seconds since 1970; 0 for never.
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

// settles reports whether the memory of an environment replaces the doubt about it: the
// environment holds what it held then. It does not for packages changed after that look,
// which may have been linked since.
func (m *Memory) settles(prefix string, p *Package) bool {
	if m == nil {
		return false
	}
	r := m.seen[place{m.host, p.Cache, prefix}]
	return r != nil && p.Newest < r.asked
}

// names returns the names that the record at path gives to its package. They come from
// memory if the record is unchanged, else from read.
func (m *Memory) names(path string, read func() ([]string, error)) ([]string, error) {
	if m == nil {
		return read()
	}
	st, err := m.stat(path)
	if err != nil {
		return read() // it returns the error
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
	// A witness may be asked several times.
	m.records[path] = now
	if !m.noted[path] {
		m.noted[path] = true
		m.fresh = append(m.fresh, now)
	}
	return now.Names, nil
}
