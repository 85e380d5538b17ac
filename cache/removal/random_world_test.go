package removal_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gclean/internal/fixture"
	"gclean/meta"
)

// dice makes the random choices.
type dice struct{ *rand.Rand }

func (d dice) percent(n int) bool { return d.IntN(100) < n }

func pick[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

// world is a tree with caches and environments, and their host.
type world struct {
	dice
	t         testing.TB
	top       string
	home      string // of the user who cleans
	root      string // prefix of the installation
	host      meta.Host
	variables map[string]string
	symlinks  bool
	allowed   bool // the configuration allows symlinks into caches
	stores    []*store
	parcels   []*parcel
	prefixes  []*prefix

	undo       []func() // brings back what is out of reach
	remembered bool     // a run saw everything and left marks
	late       bool     // an environment was made after the plan
	lateBefore map[string]string
	made       []string // what the test itself has changed meanwhile
	events     []string
}

// store is a package cache.
type store struct {
	dir    string // folder of the packages, without symlinks
	named  string // path in the configuration
	around string // everything in this folder belongs to the cache
	kind   string
}

// parcel is an extracted package.
type parcel struct {
	in     *store
	path   string
	folder string // name of the folder
	dist   string // as in its index and in names of records
	index  bool   // it has a valid index
	files  []string
	named  bool // a record names it
	linked bool // an environment links it, or may link it
	group  int  // of packages that share files
}

// odd reports whether the folder is not named after the distribution.
func (p *parcel) odd() bool { return !p.index || p.plainFolder() != p.dist }

// plainFolder returns the name of the folder without the hash that rattler may add.
func (p *parcel) plainFolder() string { return strings.TrimSuffix(p.folder, "-"+hash) }

// hash is a hash that rattler may add to the name of a folder.
const hash = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"

func newWorld(t testing.TB, d dice, top string) *world {
	w := &world{
		dice: d, t: t, top: top, home: filepath.Join(top, "people", "me"), root: filepath.Join(top, "opt", "conda"),
		variables: map[string]string{}, symlinks: fixture.CanSymlink() == nil,
	}
	if w.allowed = w.percent(50); w.allowed {
		w.variables["CONDA_ALLOW_SOFTLINKS"] = "true"
	}
	must(t, os.MkdirAll(w.home, 0o755), os.MkdirAll(filepath.Join(w.root, "conda-meta"), 0o755), os.MkdirAll(filepath.Join(top, "work"), 0o755))
	w.write(filepath.Join(w.root, "conda-meta", "history"), "")
	home := w.home
	if w.symlinks && w.percent(20) {
		home = w.link(filepath.Join("people", "link"), w.home)
	}
	w.host = meta.Host{Home: home, UID: os.Geteuid(), Getenv: func(name string) (string, bool) {
		v, ok := w.variables[name]
		return v, ok
	}}
	if os.Geteuid() == 0 {
		w.host.Passwd = filepath.Join(top, "passwd")
		other := filepath.Join(top, "homes", "u")
		must(t, os.MkdirAll(other, 0o755), os.Chown(other, 20001, 20001))
		w.write(w.host.Passwd, "root:x:0:0::"+home+":/bin/sh\nu:x:20001:20001::"+other+":/bin/sh\n")
	}
	return w
}

// populate fills the tree.
func (w *world) populate() {
	for range 1 + w.IntN(3) {
		w.addStore()
	}
	var named []string
	for _, s := range w.stores {
		named = append(named, s.named)
		if w.symlinks && w.percent(15) { // the same cache again
			named = append(named, w.link(fmt.Sprint("cache-link", len(named)), s.dir))
		}
	}
	w.variables["CONDA_PKGS_DIRS"] = strings.Join(named, ",")
	for range 2 + w.IntN(6) {
		w.addParcel(pick(w.dice, w.stores))
	}
	w.crossLink()
	for range 1 + w.IntN(3) {
		w.addPrefix()
	}
}

// addStore makes a cache of any family.
func (w *world) addStore() {
	n := len(w.stores)
	s := &store{kind: pick(w.dice, []string{"flat", "flat", "mamba", "rattler"})}
	top := filepath.Join(w.top, fmt.Sprint("cache", n))
	if n == 0 && s.kind != "rattler" {
		top = w.root
	}
	s.dir = filepath.Join(top, "pkgs")
	s.named, s.around = s.dir, s.dir
	if s.kind == "rattler" {
		w.write(filepath.Join(s.dir, ".cache.lock"), "")
		if w.percent(50) {
			s.named = top
		}
		s.around = top
	} else {
		w.write(filepath.Join(s.dir, "urls.txt"), "")
		if s.kind == "mamba" {
			must(w.t, os.MkdirAll(filepath.Join(s.dir, "https", "conda.example", "channel", "linux-64"), 0o755))
		}
	}
	if w.symlinks && w.percent(20) {
		s.named = w.link(fmt.Sprint("store", n), s.named)
	}
	w.stores = append(w.stores, s)
	w.note("cache %s (%s), named %s", s.dir, s.kind, s.named)
}

// addParcel makes an extracted package, with a name as in real caches.
func (w *world) addParcel(s *store) {
	n := len(w.parcels)
	version := pick(w.dice, []string{"1.0", "2.0"})
	p := &parcel{in: s, group: n, dist: fmt.Sprintf("p%d-%s-0", n, version), index: true}
	p.folder = p.dist
	switch w.IntN(10) {
	case 0: // a wheel
		p.dist, p.folder = fmt.Sprintf("p%d-1.0-py3_none_any_0", n), fmt.Sprintf("p%d-1.0-py3-none-any", n)
	case 1: // a renamed archive
		p.folder = fmt.Sprintf("copy_of_p%d", n)
	case 2: // an epoch
		p.dist, p.folder = fmt.Sprintf("p%d-1!1.0-0", n), fmt.Sprintf("p%d-1%%211.0-0", n)
	case 3:
		p.index = false
	}
	below := s.dir
	if s.kind == "mamba" && w.percent(80) {
		below = filepath.Join(s.dir, "https", "conda.example", "channel", "linux-64")
	}
	if s.kind == "rattler" {
		if w.percent(50) {
			p.folder += "-" + hash
		}
		w.write(filepath.Join(s.dir, p.folder+".lock"), "")
	}
	p.path = filepath.Join(below, p.folder)
	if p.index {
		name, rest, _ := strings.Cut(p.dist, "-")
		version, build, _ := strings.Cut(rest, "-")
		w.json(filepath.Join(p.path, "info", "index.json"), map[string]any{"name": name, "version": version, "build": build, "build_number": 0, "depends": []string{}})
	} else {
		w.write(filepath.Join(p.path, "info", "index.json"), pick(w.dice, []string{"", "{", "[]"}))
	}
	if !w.percent(10) { // otherwise it has only info
		p.files = append(p.files, fmt.Sprintf("lib/p%d.so", n), fmt.Sprintf("share/p%d/a/data", n), fmt.Sprintf("site-packages/p%d/m.py", n))
	} else {
		w.write(filepath.Join(p.path, "info", "files"), "")
	}
	for _, f := range p.files {
		w.write(filepath.Join(p.path, filepath.FromSlash(f)), p.path+" "+f)
	}
	if w.percent(30) && s.kind == "flat" {
		w.write(p.path+".conda", "archive of "+p.folder)
	}
	w.parcels = append(w.parcels, p)
	w.note("package %s of %s, index %v, files %v", p.path, p.dist, p.index, p.files)
}

// crossLink makes hard links within packages and among packages of several caches.
func (w *world) crossLink() {
	for i, p := range w.parcels {
		if len(p.files) == 0 || !w.percent(20) {
			continue
		}
		from := filepath.Join(p.path, filepath.FromSlash(p.files[0]))
		other := w.parcels[w.IntN(i+1)]
		again := fmt.Sprint("lib/again", i)
		to := filepath.Join(other.path, filepath.FromSlash(again))
		must(w.t, os.MkdirAll(filepath.Dir(to), 0o755), os.Link(from, to))
		group := other.group
		for _, q := range w.parcels {
			if q.group == group {
				q.group = p.group
			}
		}
		if len(other.files) == 0 {
			other.files = []string{again}
		}
	}
}

// link makes a symlink at the top of the tree, and returns its path.
func (w *world) link(name, target string) string {
	at := filepath.Join(w.top, name)
	must(w.t, fixture.Symlink(target, at))
	return at
}

func (w *world) write(path, content string) {
	must(w.t, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644))
}

func (w *world) json(path string, v any) {
	text, err := json.Marshal(v)
	must(w.t, err)
	w.write(path, string(text))
}

// list adds a prefix to a list of environments. The list gets an old time, because a list
// that has just been written would be read twice.
func (w *world) list(file, prefix string) {
	text, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		must(w.t, err)
	}
	w.write(file, string(text)+prefix+"\n")
	w.age(file)
}

func (w *world) age(file string) {
	old := time.Now().Add(-3 * time.Hour)
	must(w.t, os.Chtimes(file, old, old))
}
