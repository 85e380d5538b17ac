package installed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gclean/cache/hold"
	"gclean/internal/order"
	"gclean/internal/parallel"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/slim/taken"
	"gclean/walk"
)

// CodeUnreadableNote is the code of the problem that the note of gclean slim cannot be
// read: what it took is called missing.
const CodeUnreadableNote = "unreadable_note"

// Options say what Verify looks at, and how.
type Options struct {
	Prefix string
	Dists  []string // patterns of distributions; none is all
	Fast   bool     // presence, types and sizes only
	Jobs   int      // folders read at a time; 0 chooses
	// Grace skips faults that came within it; nil is hold.DefaultGrace while an installer
	// runs, else 0. With a Grace of 0, faults are told whatever installs.
	Grace *time.Duration
	// NothingRuns says that no process can be installing: the environment is that of an
	// image.
	NothingRuns bool
	System      func() hold.System // nil is hold.ReadSystem
	Now         func() time.Time   // nil is time.Now
	// Begin is told, before files are read, of how many packages there are, and about
	// how many bytes.
	Begin func(packages int, bytes int64)
	// Progress is told, by several goroutines, of bytes that were read.
	Progress func(bytes int64)
}

// Check is what was found out about the files of one record.
type Check struct {
	Dist   string
	Record string // its name in conda-meta
	Files  int    // paths that it lists
	Bytes  int64  // of the files, as it states
	Faults []dist.Finding
	Notes  []dist.Finding // sorted by path, as Faults
	// Skipped says why nothing is said of it: an installer may be at work on it. It is
	// nil otherwise.
	Skipped error

	asked  bool
	record dist.RecordPaths
	paths  map[string]*dist.InstalledPath // what is at fault, by path
	stats  map[string]walk.Stat           // what is in its place; the zero value for nothing
}

// Broken says whether a file is not what it was: something else than that it could not
// be read.
func (c *Check) Broken() bool {
	return slices.ContainsFunc(c.Faults, func(f dist.Finding) bool { return f.Kind != dist.Unreadable })
}

// Sound says whether all that was looked at is as it was. Notes are no faults.
func (c *Check) Sound() bool { return len(c.Faults) == 0 && c.Skipped == nil }

// Verification is what Verify found of one environment.
type Verification struct {
	Prefix   string // as in Options, without ".."
	ID       walk.ID
	Checks   []*Check // by distribution
	Problems meta.Problems
	// Unmatched are the patterns that no record of the environment has.
	Unmatched []string

	records []*Check // of all records, asked for or not
}

// errOutside is why a folder is not looked at.
var errOutside = errors.New("its folder is a symlink out of the environment")

// Verify compares the files of an environment with its records. Nothing is changed.
// The error is that of ctx, or says why the environment or its conda-meta cannot be
// read.
func Verify(ctx context.Context, o Options) (*Verification, error) {
	o.Prefix = plain(o.Prefix)
	prefix, err := walk.Open(o.Prefix)
	if err != nil {
		return nil, err
	}
	defer prefix.Close()
	env, exists := meta.ReadEnvironment(o.Prefix)
	switch {
	case !exists:
		return nil, fmt.Errorf("%s: %w", o.Prefix, meta.ErrNoEnvironment)
	case env.Err != nil:
		return nil, env.Err
	case env.ID != prefix.ID():
		return nil, fmt.Errorf("%s: %w", o.Prefix, walk.ErrChanged)
	}
	w := newWatch(o, prefix)
	v := &Verification{Prefix: o.Prefix, ID: prefix.ID()}
	x := &verifier{o: o, prefix: prefix, env: &env}
	if x.real, err = walk.Real(o.Prefix); err != nil {
		return nil, err
	}
	note, err := taken.Read(prefix)
	if err != nil {
		at := filepath.Join(o.Prefix, meta.CondaMeta, taken.Name)
		v.Problems = append(v.Problems, meta.Problem{Code: CodeUnreadableNote, Path: at, Err: err})
	}
	x.taken = note.Index()
	if err := x.readRecords(ctx, v); err != nil {
		return nil, err
	}
	folders := x.folders(v.Checks)
	v.records = slices.Clone(v.Checks)
	v.Checks = slices.DeleteFunc(v.Checks, func(c *Check) bool { return !c.asked })
	if o.Begin != nil {
		var bytes int64
		for _, c := range v.Checks {
			bytes += c.Bytes
		}
		o.Begin(len(v.Checks), bytes)
	}
	err = parallel.Each(ctx, o.Jobs, folders, func(f *folder) error { return x.checkFolder(ctx, f) })
	if err != nil {
		return nil, err
	}
	for _, c := range v.Checks {
		x.settle(c)
		if c.Skipped = w.excuse(c); c.Skipped != nil {
			c.Faults = nil
		}
		order.By(c.Faults, byPath)
		order.By(c.Notes, byPath)
	}
	return v, nil
}

func byPath(a, b dist.Finding) int { return strings.Compare(a.Path, b.Path) }

// verifier checks one environment.
type verifier struct {
	o      Options
	prefix *walk.Dir
	env    *meta.Environment
	taken  map[string]taken.File
	real   string                         // the environment's path without symlinks
	listed map[string]*dist.InstalledPath // every path of every record
	hashes map[string]bool                // SHA-256 of every file of every record
	mu     sync.Mutex                     // of the findings of Checks
}

// readRecords makes a Check of each record, and reads it. Those that are not asked for
// tell whose a file is.
func (x *verifier) readRecords(ctx context.Context, v *Verification) error {
	matched := make([]bool, len(x.o.Dists))
	for _, name := range x.env.Records {
		distribution, ok := meta.RecordName(name)
		if !ok || !strings.HasSuffix(name, ".json") || !dist.IsName(distribution) {
			continue // set aside by a transaction, or nothing of conda's
		}
		c := &Check{Dist: distribution, Record: name, paths: make(map[string]*dist.InstalledPath), stats: make(map[string]walk.Stat)}
		c.asked = len(x.o.Dists) == 0
		for i, pattern := range x.o.Dists {
			if dist.Selects(pattern, distribution) {
				c.asked, matched[i] = true, true
			}
		}
		v.Checks = append(v.Checks, c)
	}
	for i, ok := range matched {
		if !ok {
			v.Unmatched = append(v.Unmatched, x.o.Dists[i])
		}
	}
	return parallel.Each(ctx, x.o.Jobs, v.Checks, func(c *Check) error {
		f, err := x.env.OpenRecord(c.Record)
		if err == nil {
			c.record, err = dist.ReadRecordPaths(f)
			f.Close()
		}
		at := meta.CondaMeta + "/" + c.Record
		pathErr := (*fs.PathError)(nil)
		switch {
		case err != nil && errors.As(err, &pathErr):
			c.Faults = append(c.Faults, dist.Finding{Kind: dist.Unreadable, Path: at, Err: walk.Cause(err)})
		case err != nil:
			c.Faults = append(c.Faults, dist.Finding{Kind: dist.BadInfo, Path: at, Err: err})
		case c.record.Lacks != "":
			c.Faults = append(c.Faults, dist.Finding{Kind: dist.BadInfo, Path: at, Err: fmt.Errorf("the key %q is missing", c.record.Lacks)})
		}
		for _, p := range c.record.Paths {
			c.Files++
			c.Bytes += max(p.Size, 0)
		}
		return nil
	})
}

// folder is a folder with paths that records list.
type folder struct {
	path  string
	files map[string][]claim // by name
}

// claim is that a record lists a path.
type claim struct {
	c *Check
	p *dist.InstalledPath
}

// folders are the paths of all records by folder. Paths that are none in an environment
// are faults of the record.
func (x *verifier) folders(checks []*Check) []*folder {
	x.listed = make(map[string]*dist.InstalledPath)
	x.hashes = make(map[string]bool)
	byPath := make(map[string]*folder)
	var list []*folder
	for _, c := range checks {
		for i := range c.record.Paths {
			p := &c.record.Paths[i]
			if !fs.ValidPath(p.Path) || p.Path == "." || strings.ContainsRune(p.Path, 0) {
				c.Faults = append(c.Faults, dist.Finding{Kind: dist.BadInfo, Path: meta.CondaMeta + "/" + c.Record, Err: fmt.Errorf("it lists %q, which is no path in an environment", p.Path)})
				continue
			}
			x.listed[p.Path] = p
			file := p.Kind != "softlink" || c.record.Link.Type == dist.SoftLink
			if file && p.SHA256 != "" && p.SHA256 != emptyHash {
				x.hashes[p.SHA256] = true
			}
			dir := path.Dir(p.Path)
			f := byPath[dir]
			if f == nil {
				f = &folder{path: dir, files: make(map[string][]claim)}
				byPath[dir] = f
				list = append(list, f)
			}
			name := path.Base(p.Path)
			f.files[name] = append(f.files[name], claim{c, p})
		}
	}
	for _, f := range list {
		for name, claims := range f.files {
			if !slices.ContainsFunc(claims, func(c claim) bool { return c.c.asked }) {
				delete(f.files, name)
			}
		}
	}
	return list
}

func (c *Check) windows() bool { return c.record.Windows }

// openFolder opens a folder of the environment: one that is behind symlinks too, as
// lib64 is in some, if it is in the environment.
func openFolder(prefix *walk.Dir, rel string) (*walk.Dir, error) {
	if rel == "." {
		rel = ""
	}
	dir, err := prefix.OpenBelow(rel)
	if err == nil || walk.IsGone(err) && !isNotDir(err) {
		return dir, err
	}
	top, rerr := walk.Real(prefix.Path())
	if rerr != nil {
		return nil, err
	}
	real, rerr := walk.Real(filepath.Join(prefix.Path(), filepath.FromSlash(rel)))
	if rerr != nil {
		return nil, rerr
	}
	inside, rerr := filepath.Rel(top, real)
	if rerr != nil || !filepath.IsLocal(inside) {
		return nil, errOutside
	}
	if inside == "." {
		inside = ""
	}
	return prefix.OpenBelow(filepath.ToSlash(inside))
}
