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

// Options is the input of Verify.
type Options struct {
	cache.ListOptions
	// Fast checks only that files exist, with the right types and sizes.
	Fast bool
	// Begin is called before anything is read, with the number of entries and about how
	// many bytes they have.
	Begin func(entries int, bytes int64)
	// Progress is called with the number of bytes just read, by several goroutines.
	Progress func(bytes int64)
	// Done is called for each entry, by one goroutine at a time.
	Done func(*Check)
}

// Fault is one thing that is wrong with an entry, and whom it affects.
type Fault struct {
	dist.Finding
	// Environments are the prefixes that hard-link the changed file, sorted. They keep it
	// even if it is removed from the cache.
	Environments []string
	// Through are those that use it through a symlink.
	Through []string
}

// Check is the result for one archive or extracted package.
type Check struct {
	Package *cache.Package
	Entry   *cache.Entry
	Faults  []Fault
	// Notes are remarkable facts about the entry, sorted by path. conda, mamba and rattler
	// still consider it sound, and so does Sound.
	Notes []dist.Finding
	// Skipped is why the entry was not judged, for example because a process may be writing
	// it; else nil.
	Skipped error

	expected []dist.Expected // for an archive, what is known about it
	named    string          // the distribution in a record or urls.txt; may be ""
	read     bool            // the archive was read to its end
	recorded bool            // expected includes a hash from the extracted package's record
	busy     []hold.Hold     // installers that may be about to link it, and what uses it
}

// Broken reports whether the entry is not what it was. An entry that merely cannot be read
// is not broken.
func (c *Check) Broken() bool {
	return slices.ContainsFunc(c.Faults, func(f Fault) bool { return f.Kind != dist.Unreadable })
}

// Sound reports whether everything that was checked is as it was. Notes are no faults.
func (c *Check) Sound() bool { return len(c.Faults) == 0 && c.Skipped == nil }

// noted reports whether there is a note of a kind.
func (c *Check) noted(kind dist.FindingKind) bool {
	return slices.ContainsFunc(c.Notes, func(f dist.Finding) bool { return f.Kind == kind })
}

// notedAt reports whether there is a note of a kind for one path.
func (c *Check) notedAt(kind dist.FindingKind, path string) bool {
	return slices.ContainsFunc(c.Notes, func(f dist.Finding) bool { return f.Kind == kind && f.Path == path })
}

// brokenRecord reports whether repodata_record.json is among the faults.
func (c *Check) brokenRecord() bool {
	return slices.ContainsFunc(c.Faults, func(f Fault) bool { return f.Path == "info/repodata_record.json" })
}

// Environments returns the environments that hard-link a changed file of the entry, sorted.
func (c *Check) Environments() []string {
	var list []string
	for _, f := range c.Faults {
		list = append(list, f.Environments...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Verification is the result of Verify.
type Verification struct {
	Packages []*cache.Package
	Checks   []*Check // in the order of Packages, archives first
	Problems meta.Problems

	options Options
	empty   *cache.Plan // of the caches that were read, without entries
}

// Verify compares archives and extracted packages with what was recorded when they were
// made and downloaded. It changes nothing. The errors are those of cache.List.
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
				continue // no tool considers it complete
			}
			r.Checks = append(r.Checks, &Check{Package: p, Entry: e})
			total += e.Usage.Apparent
		}
	}
	if o.Begin != nil {
		o.Begin(len(r.Checks), total)
	}
	// Largest first, so that all workers end at about the same time. A large entry gets a
	// number of workers in proportion to its share of the total.
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
	// users returns the environments that have a record of a distribution; nil asks none.
	users  func(distribution string) []*meta.Environment
	o      Options
	memory *dist.Memory // shared by everything that is read at the same time; may be nil
}

// cacheOf returns the cache that e is in.
func (x *verifier) cacheOf(e *cache.Entry) *cache.Opened {
	i := slices.IndexFunc(x.caches, func(c *cache.Opened) bool { return c.Path == e.Dir })
	return x.caches[i]
}

// check fills in what is wrong with one entry. It returns an error only if ctx ends.
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

// excuse drops the faults of entries that a process may be writing.
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
