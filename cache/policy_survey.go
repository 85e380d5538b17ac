package cache

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"gclean/cache/hold"
	"gclean/cache/room"
	"gclean/internal/units"
	"gclean/meta"
	"gclean/meta/channel"
	"gclean/meta/dist"
	"gclean/walk"
)

// narrow takes entries out of the plan that the policy keeps.
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
			e.Because = "not used for " + units.Span(n.unused(e))
		}
	}
	s.forget(goes)
}

// channelOf returns the channel of an archive or extracted package. It is in the package's
// record, in urls.txt, or in the name of mamba's folder for it. The record of an extracted
// package also describes the archive that it names, if the archive has the size in the
// record.
func (s *Survey) channelOf(ctx context.Context, e *candidate) channel.Channel {
	c, below, name := s.open(e.Dir), ParentOf(e.Name), path.Base(e.Name)
	record := func(folder string) dist.RepodataRecord {
		r, _ := dist.ReadRepodataRecord(ctx, dist.Extracted{Dir: c.Dir, Path: path.Join(below, folder)})
		return r // an incomplete record may still name the channel
	}
	var archives []string // archives that it may have come from, or that it is
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
			return channel.Channel{} // several channels, and nobody knows which
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

// recordedChannel returns the channel that a record names.
func recordedChannel(r dist.RepodataRecord) channel.Channel {
	from, ok := channel.OfURL(r.URL)
	if !ok {
		if from, ok = channel.Of(r.Channel); ok && r.Subdir != "" {
			from, _ = channel.Of(strings.TrimSuffix(strings.TrimRight(r.Channel, "/"), "/"+r.Subdir) + "/" + r.Subdir)
		}
	}
	return from
}

// spare takes e out of the set to remove, and notes why.
func (s *Survey) spare(goes map[*candidate]bool, e *candidate, h hold.Hold) {
	delete(goes, e)
	s.plan.Kept = append(s.plan.Kept, Kept{Entry: &e.Entry, Holds: []hold.Hold{h}})
}

// forget takes entries out of the plan that are no longer in the set to remove.
func (s *Survey) forget(goes map[*candidate]bool) {
	going := make(map[*Entry]bool, len(goes))
	for e := range goes {
		going[&e.Entry] = true
	}
	s.plan.Remove = slices.DeleteFunc(s.plan.Remove, func(e *Entry) bool { return !going[e] })
}

// makeRoom takes entries out of the plan that need not be removed because there is enough
// room.
func (s *Survey) makeRoom(goes map[*candidate]bool) {
	p := &s.o.Policy
	if !p.wantsRoom() || s.plan.Has(PkgsDirs) {
		return
	}
	r, spaces := s.newRoom()
	parts := s.parts(goes, r)
	for i := range r.Caches {
		l := &r.Caches[i]
		if s.plan.Caches[i].ReadOnly != nil {
			continue
		}
		if p.MaxSize != nil && spaces[i].Size > 0 {
			l.Over.Bytes = l.Size.Bytes - p.MaxSize.of(spaces[i].Size)
		}
		if p.MaxFiles != nil {
			l.Over.Inodes = l.Size.Inodes - *p.MaxFiles
		}
	}
	var may []*room.Part
	for _, e := range s.entries {
		switch {
		case !goes[e]:
		case subject(e):
			may = append(may, parts[e])
		default:
			r.Take(parts[e]) // it is removed in any case
		}
	}
	for _, part := range r.Choose(may) {
		s.spare(goes, s.entries[part.Entry], hold.Hold{Reason: RoomEnough, Err: p.enough()})
	}
	s.forget(goes)
	s.tellRoom(r, spaces)
}

// tellRoom adds a problem for each limit of the policy that cannot be met.
func (s *Survey) tellRoom(r *room.Room, spaces []walk.Space) {
	p := &s.o.Policy
	told := map[int]bool{}
	for i, loc := range s.plan.Caches {
		missed := func(code string, err error) {
			s.problem(meta.Problem{Code: code, Path: loc.Path, Err: err})
		}
		over := r.Caches[i].Over
		if over.Bytes > 0 {
			missed(CodeMaxSizeMissed, &TooLargeError{Path: loc.Path, Over: over.Bytes, Max: *p.MaxSize})
		}
		if over.Inodes > 0 {
			missed(CodeMaxFilesMissed, &TooManyFilesError{Path: loc.Path, Over: over.Inodes, Max: *p.MaxFiles})
		}
		fs := r.FSOf[i]
		if told[fs] {
			continue
		}
		told[fs] = true
		missing := r.Filesystems[fs].Over
		if missing.Bytes > 0 {
			missed(CodeMinFreeMissed, &TooFullError{
				Path: loc.Path, Missing: missing.Bytes, Min: *p.MinFree, Available: p.MinFree.of(spaces[i].Size) - missing.Bytes,
			})
		}
		if missing.Inodes > 0 {
			missed(CodeMinFreeFilesMissed, &TooFewFilesError{
				Path: loc.Path, Missing: missing.Inodes, Min: *p.MinFreeFiles, Free: p.MinFreeFiles.of(spaces[i].Inodes) - missing.Inodes,
			})
		}
	}
}

// enough describes the limits that the policy sets.
func (p *Policy) enough() error {
	var parts []string
	if p.MinFree != nil {
		parts = append(parts, fmt.Sprintf("%s are free", *p.MinFree))
	}
	if p.MinFreeFiles != nil {
		parts = append(parts, fmt.Sprintf("%s of the inodes are free", *p.MinFreeFiles))
	}
	if p.MaxSize != nil {
		parts = append(parts, fmt.Sprintf("the limit of the cache is %s", *p.MaxSize))
	}
	if p.MaxFiles != nil {
		parts = append(parts, fmt.Sprintf("the limit of the cache is %d inodes", *p.MaxFiles))
	}
	return errors.New(strings.Join(parts, " and "))
}

// newRoom asks how much room the file systems of the caches have. If that cannot be told,
// no room is needed there.
func (s *Survey) newRoom() (*room.Room, []walk.Space) {
	r := &room.Room{Caches: make([]room.Limit, len(s.opens)), FSOf: make([]int, len(s.opens))}
	spaces := make([]walk.Space, len(s.opens))
	number := map[uint64]int{}
	for i, c := range s.opens {
		space, err := c.Dir.Space()
		if err != nil {
			s.problem(meta.Problem{Code: CodeSpaceUnknown, Path: c.Path, Err: fmt.Errorf("%s: the free space is unknown, so gclean removes nothing to increase it: %w", c.Path, walk.Cause(err)), Failed: true})
		}
		spaces[i] = space
		dev := s.plan.Caches[i].ID.Dev
		if _, ok := number[dev]; !ok {
			number[dev] = len(r.Filesystems)
			r.Filesystems = append(r.Filesystems, s.missingOn(c, space, err == nil))
		}
		r.FSOf[i] = number[dev]
	}
	return r, spaces
}

// missingOn returns how much must be freed on the file system of a cache.
func (s *Survey) missingOn(c *Opened, space walk.Space, known bool) (l room.Limit) {
	p, coming := &s.o.Policy, s.o.Policy.Coming[c.ID.Dev]
	if p.MinFree != nil && known {
		l.Over.Bytes = p.MinFree.of(space.Size) - space.Available - coming.Bytes
	}
	switch {
	case p.MinFreeFiles == nil || !known:
	case space.Inodes == 0:
		s.problem(meta.Problem{Code: CodeInodesUnknown, Path: c.Path, Err: &NoInodesError{Path: c.Path}, Failed: true})
	default:
		l.Over.Inodes = p.MinFreeFiles.of(space.Inodes) - space.FreeInodes - coming.Inodes
	}
	return l
}

// sizeOf returns what removing u frees.
func sizeOf(u walk.Usage) room.Size { return room.Size{Bytes: u.Freed(), Inodes: u.Inodes} }

// parts returns the entries to remove as parts for package room, and adds the sizes of the
// caches to r.
func (s *Survey) parts(goes map[*candidate]bool, r *room.Room) map[*candidate]*room.Part {
	numbers := numbersOf(s.plan.Caches)
	above := newAbove(s.entries)
	parts := make(map[*candidate]*room.Part, len(goes))
	for i, e := range s.entries {
		c := numbers.of(e)
		if c >= 0 && !above.has(e) && (e.Category != Quarantined || goes[e]) {
			r.Caches[c].Add(sizeOf(e.Usage))
		}
		if goes[e] {
			parts[e] = &room.Part{Entry: i, Newest: e.Newest, Dir: e.Dir, Name: e.Name, Cache: c, Own: sizeOf(e.Usage)}
			if e.hidden {
				parts[e].Own = room.Size{} // removing it frees nothing
			}
		}
	}
	s.links.Inodes(func(n walk.Inode) bool {
		trees := slices.Compact(n.Trees)
		free := 0
		inCache := map[int]int{}
		for _, tree := range trees {
			e := s.linked[tree]
			if e.Category != Quarantined || goes[e] {
				inCache[numbers.of(e)]++
			}
			if goes[e] {
				free++
			}
		}
		for c := range inCache {
			if c >= 0 {
				r.Caches[c].Add(sizeOf(n.Usage()))
			}
		}
		if free == 0 {
			return true
		}
		inode := &room.Inode{Size: sizeOf(n.Usage()), Left: len(trees), InCache: inCache}
		if n.Outside() > 0 {
			inode.Left++ // it is never freed
		}
		for _, tree := range trees {
			if p := parts[s.linked[tree]]; p != nil {
				p.Shared = append(p.Shared, inode)
			}
		}
		return true
	})
	return parts
}
