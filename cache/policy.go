package cache

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"gclean/cache/hold"
	"gclean/internal/units"
	"gclean/meta/dist"
)

// Policy narrows which archives and extracted packages go, of those that
// nothing holds. The zero value narrows nothing. An entry goes only if Include,
// Exclude, OlderThan and KeepLast all let it; if MaxSize or MinFree are given,
// then only as long as one of them asks for room, the least recently used first.
//
// The last use of an entry is the newest change time of an inode in it, which
// linking and unlinking set. A time in the future counts as now.
type Policy struct {
	Include, Exclude []string      // distributions, as patterns of path.Match
	OlderThan        time.Duration // since the last use; 0 asks nothing
	// KeepLast is how many versions of each package name stay in each cache, the
	// newest, with all their builds; 0 asks nothing.
	KeepLast int
	MaxSize  *Amount // of each cache on disk; a share is one of its file system
	MinFree  *Amount // available on the file system of each cache
}

// Amount is a number of bytes or a share of a file system.
type Amount struct {
	Bytes   int64
	Percent float64 // from 0 to 100; Bytes is then 0
}

// of is the amount in bytes on a file system of size bytes.
func (a Amount) of(size int64) int64 {
	if a.Percent > 0 {
		return int64(float64(size) / 100 * a.Percent)
	}
	return a.Bytes
}

// String is the amount as it is printed: "50.00 GB" or "20%".
func (a Amount) String() string {
	if a.Percent > 0 {
		return fmt.Sprintf("%g%%", a.Percent)
	}
	return units.Bytes(a.Bytes)
}

// Active says whether the policy narrows anything.
func (p *Policy) Active() bool {
	return len(p.Include) > 0 || len(p.Exclude) > 0 || p.OlderThan > 0 || p.KeepLast > 0 || p.wantsRoom()
}

// wantsRoom says whether it depends on space what goes.
func (p *Policy) wantsRoom() bool { return p.MaxSize != nil || p.MinFree != nil }

// Check says what is wrong with the policy: ErrPattern.
func (p *Policy) Check() error {
	for _, pattern := range slices.Concat(p.Include, p.Exclude) {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%s: %w", pattern, ErrPattern)
		}
	}
	return nil
}

// subject says whether policies are about e.
func subject(e *candidate) bool {
	return (e.Category == Packages || e.Category == Tarballs) && !e.leftover
}

// narrower applies the part of a policy that looks at each entry alone, and at
// the versions that there are.
type narrower struct {
	*Policy
	now  time.Time
	last map[versionsOf]string // the oldest version that KeepLast keeps
}

type versionsOf struct{ dir, name string }

// newNarrower looks at all entries: versions that something holds count among
// the last.
func newNarrower(p *Policy, now time.Time, entries []*candidate) *narrower {
	n := &narrower{Policy: p, now: now, last: map[versionsOf]string{}}
	if p.KeepLast == 0 {
		return n
	}
	versions := map[versionsOf][]string{}
	for _, e := range entries {
		if !subject(e) || dist.IsPartial(e.Name) {
			continue
		}
		if name, version, _ := dist.Split(e.dist()); version != "" {
			key := versionsOf{e.Dir, name}
			versions[key] = append(versions[key], version)
		}
	}
	for key, list := range versions {
		slices.SortFunc(list, func(a, b string) int { return dist.CompareVersions(b, a) })
		list = slices.CompactFunc(list, func(a, b string) bool { return dist.CompareVersions(a, b) == 0 })
		n.last[key] = list[min(p.KeepLast, len(list))-1]
	}
	return n
}

// excludes says whether a pattern is one of dist, of its name, or of name and
// version, whatever their case: who keeps "numpy" back means all of it.
func excludes(pattern, distribution string) bool {
	name, version, _ := dist.Split(distribution)
	return slices.ContainsFunc([]string{distribution, name + "-" + version, name}, func(s string) bool {
		return dist.Selects(strings.ToLower(pattern), strings.ToLower(s))
	})
}

// keeps says whether the policy keeps e, and why; why is else how long e has not
// been used, if that was asked.
func (n *narrower) keeps(e *candidate) (h hold.Hold, keeps bool) {
	distribution := e.dist()
	matches := func(pattern string) bool { return dist.Selects(pattern, distribution) }
	if len(n.Include) > 0 && !slices.ContainsFunc(n.Include, matches) {
		return hold.Hold{Reason: NotIncluded}, true
	}
	if i := slices.IndexFunc(n.Exclude, func(pattern string) bool { return excludes(pattern, distribution) }); i >= 0 {
		return hold.Hold{Reason: Excluded, Err: fmt.Errorf("by %s", n.Exclude[i])}, true
	}
	if unused := n.unused(e); n.OlderThan > 0 && unused < n.OlderThan {
		return hold.Hold{Reason: UsedLately, Err: fmt.Errorf("%s ago, %s is asked for", span(unused), span(n.OlderThan))}, true
	}
	if n.KeepLast > 0 && !dist.IsPartial(e.Name) {
		name, version, _ := dist.Split(distribution)
		if version == "" {
			return hold.Hold{Reason: AmongLast, Err: errNoVersion}, true
		}
		if oldest, ok := n.last[versionsOf{e.Dir, name}]; ok && dist.CompareVersions(version, oldest) >= 0 {
			return hold.Hold{Reason: AmongLast, Err: fmt.Errorf("of the last %d of %s", n.KeepLast, name)}, true
		}
	}
	return hold.Hold{}, false
}

// unused is how long e has not been used. A time in the future is now: with a
// clock that was set back, more stays.
func (n *narrower) unused(e *candidate) time.Duration {
	return max(n.now.Sub(time.Unix(0, e.Newest)), 0)
}

var errNoVersion = errors.New("its name has no version")

// span is a duration in its largest whole unit.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day:
		return fmt.Sprintf("%d d", d/day)
	case d >= time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= time.Minute:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}
