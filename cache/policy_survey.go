package cache

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"gclean/cache/hold"
	"gclean/internal/units"
	"gclean/meta"
	"gclean/meta/channel"
	"gclean/meta/dist"
	"gclean/walk"
)

// narrow takes from the plan what the policy keeps.
func (s *Survey) narrow(ctx context.Context, goes map[*candidate]bool) {
	if !s.o.Policy.Active() || s.plan.Has(PkgsDirs) {
		return
	}
	n := newNarrower(&s.o.Policy, s.plan.Made, s.entries, func(e *candidate) channel.Channel { return s.channelOf(ctx, e) })
	for _, e := range s.entries {
		if !goes[e] || !subject(e) {
			continue
		}
		if h, keeps := n.keeps(e); keeps {
			s.spare(goes, e, h)
		} else if n.OlderThan > 0 || n.wantsRoom() {
			e.Because = "not used for " + span(n.unused(e))
		}
	}
	s.forget(goes)
}

// channelOf is where an archive or extracted package came from, as its own record says,
// or urls.txt, or the folder that mamba keeps it in. The record of an extracted
// package also tells of the archive that it names, if that has the size it says.
func (s *Survey) channelOf(ctx context.Context, e *candidate) channel.Channel {
	c, below, name := s.open(e.Dir), ParentOf(e.Name), path.Base(e.Name)
	record := func(folder string) dist.RepodataRecord {
		r, _ := dist.ReadRepodataRecord(ctx, dist.Extracted{Dir: c.Dir, Path: path.Join(below, folder)})
		return r // one that is not whole may tell it all the same
	}
	var archives []string // those that it may have come from, or be
	if e.pkg == nil {
		archives = []string{strings.TrimSuffix(name, ".partial")}
	} else {
		if from := recordedChannel(record(name)); from != (channel.Channel{}) {
			return from
		}
		for _, ending := range dist.Endings() {
			archives = append(archives, e.dist()+ending)
		}
	}
	var found []channel.Channel
	for _, archive := range archives {
		if u, ok := dist.URLOf(c.URLs(below), archive); ok {
			if from, ok := channel.OfURL(u.URL); ok && !slices.Contains(found, from) {
				found = append(found, from)
			}
		}
	}
	if len(found) > 0 {
		if len(found) > 1 {
			return channel.Channel{} // one of them, who knows which
		}
		return found[0]
	}
	if from, ok := channel.OfFolder(below); ok {
		return from
	}
	if e.pkg != nil {
		return channel.Channel{}
	}
	if r := record(e.dist()); r.ArchiveName() == name && (r.Size == 0 || r.Size == e.Stat.Size) {
		return recordedChannel(r)
	}
	return channel.Channel{}
}

// recordedChannel is the channel that a record names.
func recordedChannel(r dist.RepodataRecord) channel.Channel {
	from, ok := channel.OfURL(r.URL)
	if !ok {
		if from, ok = channel.Of(r.Channel); ok && r.Subdir != "" {
			from, _ = channel.Of(strings.TrimSuffix(strings.TrimRight(r.Channel, "/"), "/"+r.Subdir) + "/" + r.Subdir)
		}
	}
	return from
}

// spare notes that e stays after all.
func (s *Survey) spare(goes map[*candidate]bool, e *candidate, h hold.Hold) {
	delete(goes, e)
	s.plan.Kept = append(s.plan.Kept, Kept{Entry: &e.Entry, Holds: []hold.Hold{h}})
}

// forget takes out of the plan what does not go any more.
func (s *Survey) forget(goes map[*candidate]bool) {
	going := make(map[*Entry]bool, len(goes))
	for e := range goes {
		going[&e.Entry] = true
	}
	s.plan.Remove = slices.DeleteFunc(s.plan.Remove, func(e *Entry) bool { return !going[e] })
}

// makeRoom takes from the plan what need not go, because there is room.
func (s *Survey) makeRoom(goes map[*candidate]bool) {
	p := &s.o.Policy
	if !p.wantsRoom() || s.plan.Has(PkgsDirs) {
		return
	}
	r, spaces := s.newRoom()
	parts := s.parts(goes, r)
	for i := range r.caches {
		if p.MaxSize != nil && s.plan.Caches[i].ReadOnly == nil && spaces[i].Size > 0 {
			r.caches[i].over = r.caches[i].size - p.MaxSize.of(spaces[i].Size)
		}
	}
	var may []*part
	for _, e := range s.entries {
		switch {
		case !goes[e]:
		case subject(e):
			may = append(may, parts[e])
		default:
			r.take(parts[e]) // it goes anyway
		}
	}
	for _, part := range r.choose(may) {
		s.spare(goes, part.entry, hold.Hold{Reason: RoomEnough, Err: p.enough()})
	}
	s.forget(goes)
	told := map[int]bool{}
	for i, loc := range s.plan.Caches {
		if over := r.caches[i].over; over > 0 {
			s.problem(meta.Problem{Code: CodeMaxSizeMissed, Path: loc.Path, Err: &TooLargeError{Path: loc.Path, Over: over, Max: *p.MaxSize}})
		}
		if fs := r.fsOf[i]; r.filesystems[fs].over > 0 && !told[fs] {
			told[fs] = true
			missing := r.filesystems[fs].over
			s.problem(meta.Problem{Code: CodeMinFreeMissed, Path: loc.Path, Err: &TooFullError{
				Path: loc.Path, Missing: missing, Min: *p.MinFree, Available: p.MinFree.of(spaces[i].Size) - missing,
			}})
		}
	}
}

// enough says how much is asked for.
func (p *Policy) enough() error {
	switch {
	case p.MinFree == nil:
		return fmt.Errorf("the cache may have %s", *p.MaxSize)
	case p.MaxSize == nil:
		return fmt.Errorf("%s are free", *p.MinFree)
	}
	return fmt.Errorf("%s are free and the cache may have %s", *p.MinFree, *p.MaxSize)
}

// newRoom asks how much room there is on the file systems of the caches. What
// cannot be told asks for nothing.
func (s *Survey) newRoom() (*room, []walk.Space) {
	p := &s.o.Policy
	r := &room{caches: make([]limit, len(s.opens)), fsOf: make([]int, len(s.opens))}
	spaces := make([]walk.Space, len(s.opens))
	number := map[uint64]int{}
	for i, c := range s.opens {
		space, err := c.Dir.Space()
		if err != nil {
			s.problem(meta.Problem{Code: CodeSpaceUnknown, Path: c.Path, Err: fmt.Errorf("%s: it is not known how much room there is, nothing goes for it: %w", c.Path, walk.Cause(err)), Failed: true})
		}
		spaces[i] = space
		dev := s.plan.Caches[i].ID.Dev
		if _, ok := number[dev]; !ok {
			number[dev] = len(r.filesystems)
			var l limit
			if p.MinFree != nil && err == nil {
				l.over = p.MinFree.of(space.Size) - space.Available - p.Coming[dev]
			}
			r.filesystems = append(r.filesystems, l)
		}
		r.fsOf[i] = number[dev]
	}
	return r, spaces
}

// parts are the entries that go in the terms of room. The sizes of the caches
// are noted in r.
func (s *Survey) parts(goes map[*candidate]bool, r *room) map[*candidate]*part {
	numbers := numbersOf(s.plan.Caches)
	above := newAbove(s.entries)
	parts := make(map[*candidate]*part, len(goes))
	for _, e := range s.entries {
		c := numbers.of(e)
		if c >= 0 && !above.has(e) {
			r.caches[c].size += e.Usage.Disk
		}
		if goes[e] {
			parts[e] = &part{entry: e, cache: c, disk: e.Usage.Disk}
			if e.hidden {
				parts[e].disk = 0 // removing it makes no room
			}
		}
	}
	s.links.Inodes(func(n walk.Inode) bool {
		trees := slices.Compact(n.Trees)
		free := 0
		inCache := map[int]int{}
		for _, tree := range trees {
			e := s.linked[tree]
			inCache[numbers.of(e)]++
			if goes[e] {
				free++
			}
		}
		for c := range inCache {
			if c >= 0 {
				r.caches[c].size += n.Disk
			}
		}
		if free == 0 {
			return true
		}
		inode := &sharedInode{disk: n.Disk, left: len(trees), inCache: inCache}
		if n.Outside() > 0 {
			inode.left++ // for ever
		}
		for _, tree := range trees {
			if p := parts[s.linked[tree]]; p != nil {
				p.shared = append(p.shared, inode)
			}
		}
		return true
	})
	return parts
}

// TooLargeError says that a cache stays larger than Policy.MaxSize: nothing else
// in it may go.
type TooLargeError struct {
	Path string // of the cache
	Over int64  // bytes
	Max  Amount
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s: %s more than its greatest size %s stays: nothing else in it may go", e.Path, units.Bytes(e.Over), e.Max)
}

// TooFullError says that less than Policy.MinFree will be available on the file
// system of a cache: nothing else in its caches may go.
type TooFullError struct {
	Path      string // of the first cache there
	Missing   int64  // bytes
	Min       Amount
	Available int64 // bytes, once all that may go is gone
}

func (e *TooFullError) Error() string {
	return fmt.Sprintf("%s: %s are missing to the %s that are to be available, %s will be: nothing else in the caches may go",
		e.Path, units.Bytes(e.Missing), e.Min, units.Bytes(e.Available))
}
