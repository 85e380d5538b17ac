package cache

import (
	"errors"
	"fmt"
	"maps"
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

// Policy narrows which archives and extracted packages are removed, out of those that
// nothing holds. The zero value narrows nothing. An entry is removed only if Include,
// Exclude, OlderThan and KeepLast all allow it. If MaxSize, MinFree, MaxFiles or
// MinFreeFiles is set, gclean starts with the least recently used entry, and stops once
// none of them needs more room.
//
// The last use of an entry is the newest change time of an inode in it: linking and
// unlinking set it. A time in the future counts as now.
type Policy struct {
	// Include and Exclude name distributions, by patterns of path.Match or by the package
	// name alone, optionally after a channel: conda-forge::numpy. A package of unknown
	// channel matches no such Include, and every such Exclude.
	Include, Exclude []string
	OlderThan        time.Duration // since the last use; 0 means no limit
	// KeepLast is how many versions of each package name are kept in each cache: the
	// newest, with all their builds. 0 means no limit.
	KeepLast int
	MaxSize  *Amount // largest size of each cache on disk; a share is of its file system
	MinFree  *Amount // space to have available on the file system of each cache
	// MaxFiles is how many inodes, including folders, each cache may have. MinFreeFiles is
	// how many should be free on its file system.
	MaxFiles     *int64
	MinFreeFiles *Files
	// Coming is what others are about to free, by device of the file system. MinFree and
	// MinFreeFiles are reduced by it.
	Coming map[uint64]Coming
}

// Coming is what is about to be freed on a file system.
type Coming struct{ Bytes, Inodes int64 }

// Files is a number of inodes, or a share of those of a file system.
type Files struct {
	Number  int64
	Percent float64 // 0 to 100; if set, Number is 0
}

// of returns the number, on a file system with that many inodes.
func (f Files) of(inodes int64) int64 { return Amount{f.Number, f.Percent}.of(inodes) }

// String returns the number as printed: "5000" or "20%".
func (f Files) String() string {
	if f.Percent > 0 {
		return Amount{0, f.Percent}.String()
	}
	return strconv.FormatInt(f.Number, 10)
}

// Amount is a number of bytes, or a share of a file system.
type Amount struct {
	Bytes   int64
	Percent float64 // 0 to 100; if set, Bytes is 0
}

// of returns the amount in bytes, on a file system of size bytes.
func (a Amount) of(size int64) int64 {
	if a.Percent > 0 {
		return int64(float64(size) / 100 * a.Percent)
	}
	return a.Bytes
}

// String returns the amount as printed: "50.00 GB" or "20%".
func (a Amount) String() string {
	if a.Percent > 0 {
		return fmt.Sprintf("%g%%", a.Percent)
	}
	return units.Bytes(a.Bytes)
}

// Active reports whether the policy narrows anything.
func (p *Policy) Active() bool {
	return len(p.Include) > 0 || len(p.Exclude) > 0 || p.OlderThan > 0 || p.KeepLast > 0 || p.wantsRoom()
}

// wantsRoom reports whether the policy depends on space or inodes.
func (p *Policy) wantsRoom() bool {
	return p.MinFree != nil || p.MinFreeFiles != nil || p.limitsCaches()
}

// limitsCaches reports whether the policy depends on the total size of a cache.
func (p *Policy) limitsCaches() bool { return p.MaxSize != nil || p.MaxFiles != nil }

// Check returns what is wrong with the policy: ErrPattern, ErrVersionSpec or nil.
func (p *Policy) Check() error {
	for _, pattern := range slices.Concat(p.Include, p.Exclude) {
		if _, err := newSelector(pattern); err != nil {
			return fmt.Errorf("%s: %w", pattern, err)
		}
	}
	return nil
}

// Unmatched is a pattern of Include or Exclude that matches nothing in the caches.
type Unmatched struct {
	Pattern string
	Exclude bool // it is a pattern of Exclude
	// Named means that something has the name of the pattern, but nothing that has it is
	// known to come from its channel. An Exclude keeps what has the name and an unknown
	// channel.
	Named bool
	// Channels are the names of the channels from which these come, sorted.
	Channels []string
}

// unmatched returns the patterns that match none of entries. It calls from only for entries
// that have the name of a pattern with a channel.
func (p *Policy) unmatched(entries []*candidate, from func(*candidate) channel.Channel) []Unmatched {
	var list []Unmatched
	check := func(patterns []string, exclude bool) {
		for _, s := range newSelectors(patterns) {
			has, named, channels := s.includes, false, map[string]bool{}
			if exclude {
				has = s.excludes
			}
			if !slices.ContainsFunc(entries, func(e *candidate) bool {
				if !has(e.dist()) {
					return false
				}
				if named = true; s.channels == nil {
					return true
				}
				c := from(e)
				channels[c.Name()] = c.Name() != ""
				return s.channels.Match(c) == channel.Yes
			}) {
				maps.DeleteFunc(channels, func(_ string, known bool) bool { return !known })
				list = append(list, Unmatched{Pattern: s.text, Exclude: exclude, Named: named, Channels: slices.Sorted(maps.Keys(channels))})
			}
		}
	}
	check(p.Include, false)
	check(p.Exclude, true)
	return list
}

// selector is one pattern of Include or Exclude.
type selector struct {
	text     string // as the user wrote it
	packages string // the part about distributions
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

// newSelectors returns the selectors of patterns that passed Check.
func newSelectors(patterns []string) []selector {
	var list []selector
	for _, pattern := range patterns {
		if s, err := newSelector(pattern); err == nil {
			list = append(list, s)
		}
	}
	return list
}

// includes reports whether an Include with this pattern matches distribution.
func (s selector) includes(distribution string) bool { return dist.Selects(s.packages, distribution) }

// excludes reports whether an Exclude with this pattern matches distribution, its name, or
// its name and version, in upper or lower case. A user who excludes "numpy" means all of
// it.
func (s selector) excludes(distribution string) bool {
	name, version, _ := dist.Split(distribution)
	return slices.ContainsFunc([]string{distribution, name + "-" + version, name}, func(text string) bool {
		return dist.Selects(strings.ToLower(s.packages), strings.ToLower(text))
	})
}

// subject reports whether policies apply to e.
func subject(e *candidate) bool {
	return (e.Category == Packages || e.Category == Tarballs) && !e.leftover
}

// narrower applies the part of a policy that looks at single entries and at the versions of
// their package.
type narrower struct {
	*Policy
	now  time.Time
	last map[versionsOf]string // the oldest version that KeepLast keeps

	include, exclude []selector
	// channel returns where an entry came from; it is called only if that matters.
	channel func(*candidate) channel.Channel
}

type versionsOf struct{ dir, name string }

// newNarrower reads all entries, because held versions count for KeepLast too.
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

// keeps reports whether the policy keeps e, and why.
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

// unselected reports whether Include and Exclude keep e.
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

// isFrom reports whether e comes from a channel of s.
func (n *narrower) isFrom(s selector, e *candidate) channel.Answer {
	if s.channels == nil {
		return channel.Yes
	}
	return s.channels.Match(n.channel(e))
}

// unused returns how long e has not been used. A time in the future counts as now, so that
// a clock that was set back keeps more.
func (n *narrower) unused(e *candidate) time.Duration {
	return max(n.now.Sub(time.Unix(0, e.Newest)), 0)
}

var (
	errNoVersion = errors.New("its name has no version")
	errNoChannel = errors.New("its channel is unknown")
)
