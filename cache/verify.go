package cache

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"runtime"
	"slices"
	"sync"
	"time"

	"gclean/meta/dist"
	"gclean/walk"
)

// VerifyOptions say how Verify works. The zero value is usable.
type VerifyOptions struct {
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
	Package *Package
	Entry   *Entry
	Faults  []Fault
	// Skipped says why nothing is said of it: it may just be being written. It
	// is nil otherwise.
	Skipped error

	candidate *candidate
	expected  []dist.Expected // of an archive
}

// Broken says whether the entry is not what it was: something else than that
// it could not be read.
func (c *Check) Broken() bool {
	return slices.ContainsFunc(c.Faults, func(f Fault) bool { return f.Kind != dist.Unreadable })
}

// Sound says whether all that was looked at is as it was.
func (c *Check) Sound() bool { return len(c.Faults) == 0 && c.Skipped == nil }

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
	Packages []*Package
	Checks   []*Check // in the order of Packages, archives first
	Problems []Problem

	options Options
	verify  VerifyOptions
	made    time.Time
}

// Verify compares archives and extracted packages with what was written down
// about them when they were made and downloaded. Nothing is changed. The errors
// are those of List.
func Verify(ctx context.Context, o Options, v VerifyOptions) (*Verification, error) {
	o.MeasureAll = true // sizes, and times of change
	s, list, err := lookAt(ctx, o)
	if err != nil {
		return nil, err
	}
	defer s.close()
	r := &Verification{Packages: list, options: o, verify: v, made: s.plan.made}
	x := &verifier{survey: s, o: v}
	var total int64
	for _, p := range list {
		for _, e := range p.parts() {
			if e.Category == Tarballs && dist.IsPartial(e.Name) {
				continue // nobody takes it for whole
			}
			r.Checks = append(r.Checks, &Check{Package: p, Entry: &e.Entry, candidate: e})
			total += e.Usage.Apparent
		}
	}
	if v.Begin != nil {
		v.Begin(len(r.Checks), total)
	}
	// The largest first, so that the last ones end together. A large one is
	// shared among as many workers as its part of the whole is worth.
	order := slices.Clone(r.Checks)
	slices.SortStableFunc(order, func(a, b *Check) int { return cmp.Compare(b.Entry.Usage.Apparent, a.Entry.Usage.Apparent) })
	jobs := cmp.Or(o.Jobs, runtime.NumCPU())
	var mu sync.Mutex
	err = forEach(ctx, jobs, order, func(c *Check) error {
		share := 1
		if total > 0 {
			share = min(jobs, 1+int(float64(c.Entry.Usage.Apparent)/float64(total)*float64(jobs)))
		}
		if err := x.check(ctx, c, share); err != nil {
			return err
		}
		if v.Done != nil {
			mu.Lock()
			defer mu.Unlock()
			v.Done(c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := x.excuse(ctx, r.Checks); err != nil {
		return nil, err
	}
	r.Problems = s.plan.Problems
	return r, nil
}

// verifier checks entries of a survey.
type verifier struct {
	*survey
	o VerifyOptions
}

func (x *verifier) dirOf(e *Entry) *walk.Dir {
	return x.dirs[x.indexOf(e.Dir)]
}

// check fills in what is wrong with one entry. An error is that of ctx.
func (x *verifier) check(ctx context.Context, c *Check, jobs int) error {
	var err error
	if c.Entry.Category == Tarballs {
		c.expected = x.expected(ctx, c)
		c.Faults, err = x.checkArchive(ctx, c)
	} else {
		c.Faults, err = x.checkExtracted(ctx, c, jobs)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		c.Faults = append(c.Faults, Fault{Finding: dist.Finding{Kind: dist.Unreadable, Err: err}})
	}
	return nil
}

// checkExtracted compares a folder with its own info.
func (x *verifier) checkExtracted(ctx context.Context, c *Check, jobs int) ([]Fault, error) {
	dir, err := x.dirOf(c.Entry).OpenBelow(c.Entry.Name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	findings, err := dist.CheckExtracted(ctx, dir, dist.CheckOptions{
		Dist: c.Package.Dist, Fast: x.o.Fast, Jobs: jobs, Done: x.o.Progress,
	})
	if err != nil {
		return nil, err
	}
	if f := checkRecord(ctx, dir, c.Package.Dist, x.rattlerMetadata(c.Entry.Name, c.Entry.Dir)); f != nil {
		findings = append(findings, *f)
	}
	faults := make([]Fault, len(findings))
	for i, f := range findings {
		faults[i].Finding = f
	}
	x.inherited(c, faults)
	return faults, nil
}

// excuse takes back what was said of entries that may be being written.
func (x *verifier) excuse(ctx context.Context, checks []*Check) error {
	var suspects []*Check
	var dirs []walk.Root
	defer func() {
		for _, r := range dirs {
			r.Dir.Close()
		}
	}()
	var folders []*candidate
	for _, c := range checks {
		if len(c.Faults) == 0 {
			continue
		}
		suspects = append(suspects, c)
		if st, err := x.lstat(c.Entry); err == nil {
			c.candidate.Newest = max(c.candidate.Newest, st.Ctime)
		}
		if c.Entry.Category == Packages {
			if dir, err := x.dirOf(c.Entry).OpenBelow(c.Entry.Name); err == nil {
				dirs = append(dirs, walk.Root{Dir: dir})
				folders = append(folders, c.candidate)
			}
		}
	}
	if len(suspects) == 0 {
		return nil
	}
	trees, _, err := walk.Measure(ctx, dirs, walk.MeasureOptions{Jobs: x.survey.o.Jobs})
	if err != nil {
		return err
	}
	for i, t := range trees {
		folders[i].Newest = max(folders[i].Newest, t.Newest)
	}
	// Who came while files were read counts as well.
	now := newGrace(x.survey.o.Grace, time.Now(), installers())
	for _, c := range suspects {
		hold, fresh := x.grace.hold(c.candidate)
		if !fresh {
			hold, fresh = now.hold(c.candidate)
		}
		if fresh {
			c.Faults, c.Skipped = nil, fmt.Errorf("it may be being written: %w", hold.Err)
		}
	}
	return nil
}

func (x *verifier) lstat(e *Entry) (walk.Stat, error) {
	dir, err := x.dirOf(e).OpenBelow(parentOf(e.Name))
	if err != nil {
		return walk.Stat{}, err
	}
	defer dir.Close()
	return dir.Lstat(path.Base(e.Name))
}

// parentOf is the folder of a name below a cache; "" is the cache.
func parentOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}
