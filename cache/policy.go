package cache

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"gclean/cache/hold"
	"gclean/internal/units"
	"gclean/meta/channel"
	"gclean/meta/dist"
)

// Policy narrows which archives and extracted packages go, of those that
// nothing holds. The zero value narrows nothing. An entry goes only if Include,
// Exclude, OlderThan and KeepLast all let it; if MaxSize, MinFree,
// MaxFiles or MinFreeFiles are given, then only as long as one of them asks for
// room, the least recently used first.
//
// The last use of an entry is the newest change time of an inode in it, which
// linking and unlinking set. A time in the future counts as now.
type Policy struct {
	// Include and Exclude are distributions, as patterns of path.Match or by name
	// alone, perhaps with a channel before them: conda-forge::numpy. A package whose
	// channel is not known is one of no Include, and one of every Exclude.
	Include, Exclude []string
	OlderThan        time.Duration // since the last use; 0 asks nothing
	// KeepLast is how many versions of each package name stay in each cache, the
	// newest, with all their builds; 0 asks nothing.
	KeepLast int
	MaxSize  *Amount // of each cache on disk; a share is one of its file system
	MinFree  *Amount // available on the file system of each cache
	// MaxFiles is how many inodes each cache may have, folders too, and MinFreeFiles
	// how many are to be free on its file system.
	MaxFiles     *int64
	MinFreeFiles *Files
	// Coming is what others are about to free, by the device of the file system: that
	// much less is asked for by MinFree and MinFreeFiles.
	Coming map[uint64]Coming
}

// Coming is what is about to be free on a file system.
type Coming struct{ Bytes, Inodes int64 }

// Files is a number of inodes or a share of those of a file system.
type Files struct {
	Number  int64
	Percent float64 // from 0 to 100; Number is then 0
}

// of is the number on a file system of so many inodes.
func (f Files) of(inodes int64) int64 { return Amount{f.Number, f.Percent}.of(inodes) }

// String is the number as it is printed: "5000" or "20%".
func (f Files) String() string {
	if f.Percent > 0 {
		return Amount{0, f.Percent}.String()
	}
	return strconv.FormatInt(f.Number, 10)
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
func (p *Policy) wantsRoom() bool {
	return p.MinFree != nil || p.MinFreeFiles != nil || p.limitsCaches()
}

// limitsCaches says whether it depends on all that is in a cache what goes.
func (p *Policy) limitsCaches() bool { return p.MaxSize != nil || p.MaxFiles != nil }

// Check says what is wrong with the policy: ErrPattern or ErrVersionSpec.
func (p *Policy) Check() error {
	for _, pattern := range slices.Concat(p.Include, p.Exclude) {
		if _, err := newSelector(pattern); err != nil {
			return fmt.Errorf("%s: %w", pattern, err)
		}
	}
	return nil
}

// Unmatched are the patterns of Include and of Exclude that none of dists has, whatever
// its channel.
func (p *Policy) Unmatched(dists []string) (include, exclude []string) {
	for _, s := range newSelectors(p.Include) {
		if !slices.ContainsFunc(dists, s.includes) {
			include = append(include, s.text)
		}
	}
	for _, s := range newSelectors(p.Exclude) {
		if !slices.ContainsFunc(dists, s.excludes) {
			exclude = append(exclude, s.text)
		}
	}
	return include, exclude
}

// selector is one of Include or Exclude.
type selector struct {
	text     string // as it was given
	packages string // the part that is about distributions
	channels *channel.Pattern
}

func newSelector(text string) (selector, error) {
	s := selector{text: text, packages: text}
	if i := strings.LastIndex(text, "::"); i >= 0 {
		p, err := channel.ParsePattern(text[:i])
		if s.packages = text[i+2:]; err != nil || s.packages == "" {
			return s, ErrPattern
		}
		s.channels = &p
	}
	if strings.ContainsAny(s.packages, "=<>") {
		return s, ErrVersionSpec
	}
	if _, err := path.Match(s.packages, ""); err != nil {
		return s, ErrPattern
	}
	return s, nil
}

// newSelectors are those of patterns that Check found sound.
func newSelectors(patterns []string) []selector {
	var list []selector
	for _, pattern := range patterns {
		if s, err := newSelector(pattern); err == nil {
			list = append(list, s)
		}
	}
	return list
}

// includes says whether it is one of distribution.
func (s selector) includes(distribution string) bool { return dist.Selects(s.packages, distribution) }

// excludes says whether it is one of distribution, of its name, or of name and
// version, whatever their case: who keeps "numpy" back means all of it.
func (s selector) excludes(distribution string) bool {
	name, version, _ := dist.Split(distribution)
	return slices.ContainsFunc([]string{distribution, name + "-" + version, name}, func(text string) bool {
		return dist.Selects(strings.ToLower(s.packages), strings.ToLower(text))
	})
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

	include, exclude []selector
	// channel is where an entry came from; it is asked only if that makes a difference.
	channel func(*candidate) channel.Channel
}

type versionsOf struct{ dir, name string }

// newNarrower looks at all entries: versions that something holds count among
// the last.
func newNarrower(p *Policy, now time.Time, entries []*candidate, channel func(*candidate) channel.Channel) *narrower {
	n := &narrower{
		Policy: p, now: now, last: map[versionsOf]string{},
		include: newSelectors(p.Include), exclude: newSelectors(p.Exclude), channel: channel,
	}
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

// keeps says whether the policy keeps e, and why; why is else how long e has not
// been used, if that was asked.
func (n *narrower) keeps(e *candidate) (h hold.Hold, keeps bool) {
	if h, keeps := n.unselected(e); keeps {
		return h, true
	}
	if unused := n.unused(e); n.OlderThan > 0 && unused < n.OlderThan {
		return hold.Hold{Reason: UsedLately, Err: &UsedError{unused, n.OlderThan}}, true
	}
	if n.KeepLast > 0 && !dist.IsPartial(e.Name) {
		name, version, _ := dist.Split(e.dist())
		if version == "" {
			return hold.Hold{Reason: AmongLast, Err: errNoVersion}, true
		}
		if oldest, ok := n.last[versionsOf{e.Dir, name}]; ok && dist.CompareVersions(version, oldest) >= 0 {
			return hold.Hold{Reason: AmongLast, Err: fmt.Errorf("among the last %d of %s", n.KeepLast, name)}, true
		}
	}
	return hold.Hold{}, false
}

// unselected says whether Include and Exclude keep e.
func (n *narrower) unselected(e *candidate) (h hold.Hold, keeps bool) {
	distribution := e.dist()
	if len(n.include) > 0 {
		h := hold.Hold{Reason: NotIncluded}
		included := slices.ContainsFunc(n.include, func(s selector) bool {
			if !s.includes(distribution) {
				return false
			}
			answer := n.isFrom(s, e)
			if answer == channel.Unknown {
				h.Err = errNoChannel
			}
			return answer == channel.Yes
		})
		if !included {
			return h, true
		}
	}
	for _, s := range n.exclude {
		if !s.excludes(distribution) {
			continue
		}
		switch n.isFrom(s, e) {
		case channel.Yes:
			return hold.Hold{Reason: Excluded, Err: fmt.Errorf("by %s", s.text)}, true
		case channel.Unknown:
			return hold.Hold{Reason: Excluded, Err: fmt.Errorf("by %s: %w", s.text, errNoChannel)}, true
		}
	}
	return hold.Hold{}, false
}

// isFrom says whether e is from a channel of s.
func (n *narrower) isFrom(s selector, e *candidate) channel.Answer {
	if s.channels == nil {
		return channel.Yes
	}
	return s.channels.Match(n.channel(e))
}

// unused is how long e has not been used. A time in the future is now: with a
// clock that was set back, more stays.
func (n *narrower) unused(e *candidate) time.Duration {
	return max(n.now.Sub(time.Unix(0, e.Newest)), 0)
}

var (
	errNoVersion = errors.New("its name has no version")
	errNoChannel = errors.New("its channel is unknown")
)
