package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"sync"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/parallel"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// Options say what Verify looks at, and how.
type Options struct {
	cache.ListOptions
	// Fast looks at presence, types and sizes only.
	Fast bool
	// Begin is told, before anything is read, of how many entries will be, and
	// about how many bytes.
	Begin func(entries int, bytes int64)
	// Progress is told, by several goroutines, of bytes that were read.
	Progress func(bytes int64)
	// Done is told of each entry, by one goroutine at a time.
	Done func(*Check)
}

// Fault is one thing that is wrong with an entry, and what it means.
type Fault struct {
	dist.Finding
	// Environments are the prefixes that hard-link the changed file, sorted: they
	// keep it whatever becomes of the cache.
	Environments []string
	// Through are those that have it through a symlink.
	Through []string
}

// Check is what was found out about one archive or extracted package.
type Check struct {
	Package *cache.Package
	Entry   *cache.Entry
	Faults  []Fault
	// Notes are what is remarkable about the entry, sorted by path. conda, mamba and
	// rattler take it for sound all the same, and so does Sound.
	Notes []dist.Finding
	// Skipped says why nothing is said of it: it may just be being written. It
	// is nil otherwise.
	Skipped error

	expected []dist.Expected // of an archive
	named    string          // the distribution that a record or urls.txt names it by; may be ""
	read     bool            // an archive was read to its end
	recorded bool            // expected has a hash that the extracted package's record states
	busy     []hold.Hold     // who may be about to link it, or uses it
}

// Broken says whether the entry is not what it was: something else than that
// it could not be read.
func (c *Check) Broken() bool {
	return slices.ContainsFunc(c.Faults, func(f Fault) bool { return f.Kind != dist.Unreadable })
}

// Sound says whether all that was looked at is as it was. Notes are no faults.
func (c *Check) Sound() bool { return len(c.Faults) == 0 && c.Skipped == nil }

// noted says whether there is a note of a kind.
func (c *Check) noted(kind dist.FindingKind) bool {
	return slices.ContainsFunc(c.Notes, func(f dist.Finding) bool { return f.Kind == kind })
}

// notedAt is noted for one path.
func (c *Check) notedAt(kind dist.FindingKind, path string) bool {
	return slices.ContainsFunc(c.Notes, func(f dist.Finding) bool { return f.Kind == kind && f.Path == path })
}

// brokenRecord says whether repodata_record.json is among what is wrong.
func (c *Check) brokenRecord() bool {
	return slices.ContainsFunc(c.Faults, func(f Fault) bool { return f.Path == "info/repodata_record.json" })
}

// Environments are those that hard-link a changed file of the entry, sorted.
func (c *Check) Environments() []string {
	var list []string
	for _, f := range c.Faults {
		list = append(list, f.Environments...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Verification is what Verify found.
type Verification struct {
	Packages []*cache.Package
	Checks   []*Check // in the order of Packages, archives first
	Problems meta.Problems

	options Options
	empty   *cache.Plan // of the caches that were looked at, without entries
}

// Verify compares archives and extracted packages with what was written down
// about them when they were made and downloaded. Nothing is changed. The errors
// are those of List.
func Verify(ctx context.Context, o Options) (*Verification, error) {
	s, list, err := cache.NewSurvey(ctx, o.ListOptions)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	r := &Verification{Packages: list, options: o, empty: s.Plan()}
	x := &verifier{caches: s.Caches(), users: s.Users, o: o, memory: dist.NewMemory(0)}
	var total int64
	for _, p := range list {
		for _, e := range p.Entries() {
			if e.Category == cache.Tarballs && dist.IsPartial(e.Name) {
				continue // nobody takes it for whole
			}
			r.Checks = append(r.Checks, &Check{Package: p, Entry: e})
			total += e.Usage.Apparent
		}
	}
	if o.Begin != nil {
		o.Begin(len(r.Checks), total)
	}
	// The largest first, so that the last ones end together. A large one is
	// shared among as many workers as its part of the whole is worth.
	order := slices.Clone(r.Checks)
	slices.SortStableFunc(order, func(a, b *Check) int { return cmp.Compare(b.Entry.Usage.Apparent, a.Entry.Usage.Apparent) })
	jobs := cmp.Or(o.Jobs, parallel.Processors())
	var mu sync.Mutex
	err = parallel.Each(ctx, jobs, order, func(c *Check) error {
		share := 1
		if total > 0 {
			share = min(jobs, 1+int(float64(c.Entry.Usage.Apparent)/float64(total)*float64(jobs)))
		}
		if err := x.check(ctx, c, share); err != nil {
			return err
		}
		if o.Done != nil {
			mu.Lock()
			defer mu.Unlock()
			o.Done(c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, group := range byPackage(r.Checks) {
		settle(group)
		if err := x.settleAdded(ctx, group); err != nil {
			return nil, err
		}
	}
	if err := x.excuse(ctx, s, r.Checks); err != nil {
		return nil, err
	}
	r.Problems = s.Problems()
	return r, nil
}

// verifier checks entries of open caches.
type verifier struct {
	caches []*cache.Opened
	// users are the environments with a record of a distribution; nil asks none.
	users  func(distribution string) []*meta.Environment
	o      Options
	memory *dist.Memory // of all that is read at the same time; may be nil
}

// cacheOf is the cache that e is in.
func (x *verifier) cacheOf(e *cache.Entry) *cache.Opened {
	i := slices.IndexFunc(x.caches, func(c *cache.Opened) bool { return c.Path == e.Dir })
	return x.caches[i]
}

// check fills in what is wrong with one entry. An error is that of ctx.
func (x *verifier) check(ctx context.Context, c *Check, jobs int) error {
	var err error
	if c.Entry.Category == cache.Tarballs {
		c.expected, c.recorded = x.expected(ctx, c)
		c.Faults, err = x.checkArchive(ctx, c)
	} else {
		c.Faults, err = x.checkExtracted(ctx, c, jobs)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch {
	case errors.Is(err, dist.ErrUnsupported):
		c.Skipped = bareArchiveError(err)
	case err != nil:
		c.Faults = append(c.Faults, Fault{Finding: dist.Finding{Kind: dist.Unreadable, Err: err}})
	}
	return nil
}

// checkExtracted compares a folder with its own info.
func (x *verifier) checkExtracted(ctx context.Context, c *Check, jobs int) ([]Fault, error) {
	dir, err := x.cacheOf(c.Entry).Dir.OpenBelow(c.Entry.Name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	findings, err := dist.CheckExtracted(ctx, dir, dist.CheckOptions{
		Dist: c.Package.Dist, Fast: x.o.Fast, Jobs: jobs, Done: x.o.Progress, Memory: x.memory,
	})
	if err != nil {
		return nil, err
	}
	findings = append(findings, x.checkRecord(ctx, dir, c)...)
	var faults []Fault
	c.Notes = nil
	for _, f := range findings {
		if f.Kind.Note() {
			c.Notes = append(c.Notes, f)
		} else {
			faults = append(faults, Fault{Finding: f})
		}
	}
	x.inherited(c, faults)
	return faults, nil
}

// excuse takes back what was said of entries that may be being written.
func (x *verifier) excuse(ctx context.Context, s *cache.Survey, checks []*Check) error {
	var suspects []*Check
	var dirs []walk.Root
	defer func() {
		for _, r := range dirs {
			r.Dir.Close()
		}
	}()
	var folders []*cache.Entry
	for _, c := range checks {
		if len(c.Faults) == 0 {
			continue
		}
		suspects = append(suspects, c)
		if st, err := x.lstat(c.Entry); err == nil {
			c.Entry.Newest = max(c.Entry.Newest, st.Ctime)
		}
		if c.Entry.Category == cache.Packages {
			if dir, err := x.cacheOf(c.Entry).Dir.OpenBelow(c.Entry.Name); err == nil {
				dirs = append(dirs, walk.Root{Dir: dir})
				folders = append(folders, c.Entry)
			}
		}
	}
	if len(suspects) == 0 {
		return nil
	}
	trees, _, err := walk.Measure(ctx, dirs, walk.MeasureOptions{Jobs: x.o.Jobs})
	if err != nil {
		return err
	}
	for i, t := range trees {
		folders[i].Newest = max(folders[i].Newest, t.Newest)
	}
	for _, c := range suspects {
		if err := s.Fresh(c.Entry); err != nil {
			c.Faults, c.Skipped = nil, fmt.Errorf("something may be writing it: %w", err)
			continue
		}
		c.busy = s.Busy(c.Entry)
	}
	return nil
}

func (x *verifier) lstat(e *cache.Entry) (walk.Stat, error) {
	dir, err := x.cacheOf(e).Dir.OpenBelow(cache.ParentOf(e.Name))
	if err != nil {
		return walk.Stat{}, err
	}
	defer dir.Close()
	return dir.Lstat(path.Base(e.Name))
}
