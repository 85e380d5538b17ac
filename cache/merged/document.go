package merged

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/meta/others"
)

// Document is the report of one host, as gclean report --json prints it. It has the keys
// that Merge needs, and ignores the others.
type Document struct {
	Schema   int       `json:"schema"`
	Success  bool      `json:"success"`
	Made     time.Time `json:"made"`
	Host     string    `json:"host"`
	Hosts    []any     `json:"hosts"`
	Doubt    bool      `json:"doubt"`
	Caches   []place   `json:"caches"`
	Owners   []owner   `json:"owners"`
	Prefixes []prefix  `json:"environments"`
	Others   []folder  `json:"other_folders"`
	Entries  []entry   `json:"entries"`
	Warnings []warning `json:"warnings"`
}

type place struct {
	Path      string `json:"path"`
	Family    string `json:"family"`
	Source    string `json:"source"`
	ReadOnly  bool   `json:"read_only"`
	Identity  string `json:"identity"`
	Size      int64  `json:"filesystem_size"`
	Available int64  `json:"filesystem_available"`

	family  cache.Family
	entries []*entry // entries of the cache
}

type folder struct {
	Path     string      `json:"path"`
	Kind     others.Kind `json:"kind"`
	Source   string      `json:"source"`
	Cache    bool        `json:"cache"`
	Files    int64       `json:"files"`
	Apparent int64       `json:"apparent_size"`
	Disk     int64       `json:"disk_size"`
	Inodes   int64       `json:"inodes"`
	Error    *string     `json:"error"`
}

type owner struct {
	Owner string `json:"owner"`
	UID   *int   `json:"uid"`
}

type prefix struct {
	Prefix string  `json:"prefix"`
	Error  *string `json:"error"`
}

type entry struct {
	Path         string      `json:"path"`
	Category     string      `json:"category"`
	Dist         string      `json:"dist"`
	Name         string      `json:"name"`
	Version      string      `json:"version"`
	Build        string      `json:"build"`
	Owner        string      `json:"owner"`
	UID          *int        `json:"uid"`
	Apparent     int64       `json:"apparent_size"`
	Disk         int64       `json:"disk_size"`
	Freed        int64       `json:"freed_size"`
	Inodes       int64       `json:"inodes"`
	FreedInodes  int64       `json:"freed_inodes"`
	Files        int64       `json:"files"`
	State        string      `json:"state"`
	Reasons      []reason    `json:"reasons"`
	Environments []string    `json:"environments"`
	LastUsed     time.Time   `json:"last_used"`
	Quarantine   *quarantine `json:"quarantine"`

	category cache.Category
	state    cache.State
	in       *place // nil for a temp file outside caches
	name     string // slash-separated path below the cache
}

type reason struct {
	Code   hold.Reason `json:"code"`
	Prefix string      `json:"prefix"`
	Record string      `json:"record"`
	File   string      `json:"file"`
	Error  string      `json:"error"`
}

type quarantine struct {
	Origin string    `json:"origin"`
	Until  time.Time `json:"until"`
}

type warning struct {
	Code    string `json:"code"`
	Path    string `json:"path"`
	Message string `json:"message"`
	Doubt   bool   `json:"doubt"`
}

// Reasons why a document cannot be merged.
var (
	ErrNotReport = errors.New("it is not the JSON of a report")
	ErrNewer     = errors.New("it was written by a newer gclean")
	ErrNoHost    = errors.New("it does not say which host it is of")
	ErrMerged    = errors.New("it is of several hosts already: merge the reports that it was made of")
)

// maxBytes is the largest sum of sizes accepted in one document: 1 PiB, so that no sum over
// documents overflows.
const maxBytes = 1 << 50

// Parse reads the report of a host. The error is one of this package; ErrNotReport is
// wrapped with what is wrong.
func Parse(text []byte) (*Document, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrNotReport, fmt.Sprintf(format, args...))
	}
	d := new(Document)
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(d); err != nil {
		return nil, bad("%v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, bad("more follows it")
	}
	switch {
	case d.Schema > 1:
		return nil, ErrNewer
	case d.Schema != 1 || d.Entries == nil || d.Caches == nil || d.Made.IsZero():
		return nil, bad("keys are missing")
	case len(d.Hosts) > 0:
		return nil, ErrMerged
	case d.Host == "":
		return nil, ErrNoHost
	}
	for i := range d.Caches {
		c := &d.Caches[i]
		family, ok := familyOf(c.Family)
		if !ok {
			return nil, fmt.Errorf("%w: the family %q", ErrNewer, c.Family)
		}
		if c.family = family; c.Path == "" || c.Identity == "" || min(c.Size, c.Available) < 0 {
			return nil, bad("the cache %q", c.Path)
		}
	}
	var sums [6]int64
	for i := range d.Entries {
		e := &d.Entries[i]
		var known, stated bool
		if e.category, known = categoryOf(e.Category); !known {
			return nil, fmt.Errorf("%w: the category %q", ErrNewer, e.Category)
		}
		if e.state, stated = stateOf(e.State); !stated {
			return nil, fmt.Errorf("%w: the state %q", ErrNewer, e.State)
		}
		for k, n := range []int64{e.Apparent, e.Disk, e.Freed, e.Inodes, e.FreedInodes, e.Files} {
			if n < 0 || n > maxBytes-sums[k] {
				return nil, bad("the sizes of %q", e.Path)
			}
			sums[k] += n
		}
		if e.Path == "" {
			return nil, bad("an entry without a path")
		}
		for _, r := range e.Reasons {
			if cache.Sentence(r.Code) == "" {
				return nil, fmt.Errorf("%w: the reason %q", ErrNewer, r.Code)
			}
		}
	}
	for _, f := range d.Others {
		for _, n := range []int64{f.Files, f.Apparent, f.Disk, f.Inodes} {
			if n < 0 || n > maxBytes {
				return nil, bad("the sizes of %q", f.Path)
			}
		}
	}
	d.place()
	return d, nil
}

// place assigns each entry to the cache that it is in. If caches are nested, that is the
// innermost one.
func (d *Document) place() {
	caches := map[string]*place{}
	for i := range d.Caches {
		caches[strings.TrimRight(d.Caches[i].Path, `/\`)] = &d.Caches[i]
	}
	for i := range d.Entries {
		e := &d.Entries[i]
		for end := strings.LastIndexAny(e.Path, `/\`); end >= 0 && e.in == nil; end = strings.LastIndexAny(e.Path[:end], `/\`) {
			if c := caches[e.Path[:end]]; c != nil {
				if name, inside := below(e.Path, c.Path); inside {
					e.in, e.name = c, name
				}
			}
		}
		if e.in != nil {
			e.in.entries = append(e.in.entries, e)
		}
	}
}

// below returns the slash-separated path of path below dir. Reports from Windows have
// backslashes.
func below(path, dir string) (name string, inside bool) {
	rest, ok := strings.CutPrefix(path, strings.TrimRight(dir, `/\`))
	if !ok || len(rest) < 2 || !strings.ContainsAny(rest[:1], `/\`) {
		return "", false
	}
	if strings.Contains(dir, `\`) {
		rest = strings.ReplaceAll(rest, `\`, "/")
	}
	return rest[1:], true
}

func familyOf(name string) (cache.Family, bool) {
	for f := cache.Conda; f <= cache.RattlerIndex; f++ {
		if f.Code() == name {
			return f, true
		}
	}
	return 0, false
}

func categoryOf(code string) (cache.Category, bool) {
	for c := cache.Tarballs; c.Known(); c++ {
		if c.Code() == code {
			return c, true
		}
	}
	return 0, false
}

func stateOf(word string) (cache.State, bool) {
	for s := cache.StateFree; s <= cache.StateAside; s++ {
		if s.String() == word {
			return s, true
		}
	}
	return 0, false
}
