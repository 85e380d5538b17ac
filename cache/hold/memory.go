package hold

import (
	"slices"
	"strings"
	"sync"

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
	Prefix string     `json:"prefix"`
	Holds  []SeenHold `json:"holds"`
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
	// stat describes the file at a path, symlinks followed.
	stat func(path string) (walk.Stat, error)

	seen map[string]map[packageKey]Reason // by prefix
	made map[string]int64                 // by prefix: when it was seen, in nanoseconds
	here map[string]bool                  // prefixes that are asked themselves by now

	mu      sync.Mutex
	records map[string]SeenRecord
	fresh   []SeenRecord // what this run has read, or knows to be as it was
}

type packageKey struct{ cache, name string }

// NewMemory is a memory in which records that were seen are told by stat.
func NewMemory(stat func(path string) (walk.Stat, error)) *Memory {
	return &Memory{
		stat: stat, seen: map[string]map[packageKey]Reason{}, made: map[string]int64{}, here: map[string]bool{},
		records: map[string]SeenRecord{},
	}
}

// Add takes in a mark of the cache at path. own says that nobody but this user
// can have written it.
func (m *Memory) Add(path string, mark Mark, own bool) {
	for _, env := range mark.Environments {
		if m.seen[env.Prefix] == nil {
			m.seen[env.Prefix] = map[packageKey]Reason{}
		}
		for _, h := range env.Holds {
			m.seen[env.Prefix][packageKey{path, h.Package}] = h.Reason
		}
		m.made[env.Prefix] = max(m.made[env.Prefix], mark.Made*1e9)
	}
	if own {
		for _, r := range mark.Records {
			m.records[r.Path] = r
		}
	}
}

// Prefixes are the environments that were seen, sorted.
func (m *Memory) Prefixes() []string {
	if m == nil {
		return nil
	}
	var list []string
	for prefix := range m.seen {
		list = append(list, prefix)
	}
	slices.Sort(list)
	return list
}

// Holds says whether anything in a cache is remembered as held.
func (m *Memory) Holds(cache string) bool {
	if m == nil {
		return false
	}
	for _, packages := range m.seen {
		for key := range packages {
			if key.cache == cache {
				return true
			}
		}
	}
	return false
}

// Forget drops an environment: it is gone for good, or speaks for itself.
func (m *Memory) Forget(prefix string) {
	delete(m.seen, prefix)
	delete(m.made, prefix)
}

// of is what environments out of reach held of p.
func (m *Memory) of(p *Package) []Hold {
	if m == nil {
		return nil
	}
	var holds []Hold
	for prefix, packages := range m.seen {
		if _, ok := packages[packageKey{p.Cache, p.Name}]; ok {
			holds = append(holds, Hold{Reason: Remembered, Prefix: prefix})
		}
	}
	slices.SortFunc(holds, func(a, b Hold) int { return strings.Compare(a.Prefix, b.Prefix) })
	return holds
}

// settles says that the memory of an environment takes the place of the doubt
// about it: it held what it held. A package that came after it was seen may be
// linked all the same.
func (m *Memory) settles(prefix string, p *Package) bool {
	if m == nil {
		return false
	}
	_, ok := m.seen[prefix]
	return ok && p.Newest < m.made[prefix]
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
	m.fresh = append(m.fresh, now)
	return now.Names, nil
}
