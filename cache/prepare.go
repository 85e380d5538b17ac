package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"gclean/cache/hold"
	"gclean/internal/parallel"
	"gclean/meta"
	"gclean/walk"
)

// Prepare looks at the caches and environments and makes the plan of a run.
// Nothing is changed. The error is of wrong usage (ErrNotCache, ErrRefused or
// fs.ErrNotExist of a cache that was named) or that of ctx; whatever else is
// wrong is among the plan's problems.
func Prepare(ctx context.Context, o Options) (*Plan, error) {
	if err := o.Policy.Check(); err != nil {
		return nil, err
	}
	s := newSurvey(surveyOptions{Options: o})
	defer s.Close()
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	if err := s.decide(ctx); err != nil {
		return nil, err
	}
	s.show()
	return s.plan, nil
}

// Again makes the plan of o once more, of what is found on the host by now. own
// are the lock files that the run holds itself.
func (o Options) Again(ctx context.Context, own map[walk.ID]bool) (*Plan, error) {
	var err error
	if o.Discovery, err = o.Discovery.Again(ctx); err != nil {
		return nil, err
	}
	o.Own = own
	return Prepare(ctx, o)
}

// openCaches opens each cache once, however often and by whatever path it is
// named.
func (s *Survey) openCaches(context.Context) error {
	seen := map[walk.ID]bool{}
	for _, c := range s.o.Discovery.Caches {
		list, err := openLocations(c.Path, c, s.o.Discovery.Homes)
		if err != nil {
			missing := errors.Is(err, fs.ErrNotExist)
			usage := missing || errors.Is(err, ErrNotCache) || errors.Is(err, ErrRefused) || walk.IsLoop(err)
			switch {
			case c.Named && usage:
				return err
			case missing: // a default place that is not in use
			case errors.Is(err, ErrNotCache) && isEmpty(c.Path): // as cleaning leaves it
			default:
				s.problem(ProblemWith(c.Path, err, c.Named))
			}
			continue
		}
		for _, o := range list {
			s.openCache(o, seen, c.Named)
		}
	}
	return nil
}

func (s *Survey) listCaches(context.Context) error {
	for i, c := range s.opens {
		entries, errs := list(c, s.plan.Has(PkgsDirs))
		s.plan.Caches[i] = c.Location
		for _, err := range errs {
			path := c.Path
			if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
				path = pe.Path
			}
			s.problem(meta.Problem{
				Code: CodeUnreadableCache, Path: path, Err: fmt.Errorf("%s: it cannot be read, left alone: %w", path, walk.Cause(err)),
				Failed: c.ReadOnly == nil,
			})
		}
		for _, e := range entries {
			e.wanted = (s.o.look || c.ReadOnly == nil) && s.wants(e)
		}
		s.entries = append(s.entries, entries...)
	}
	return nil
}

// show adds to the targets the categories of what an earlier run has left: it goes
// along, and not unseen. Until then they are what was asked for, and nothing else
// of those categories goes.
func (s *Survey) show() {
	for _, e := range s.entries {
		if e.leftover && e.wanted && !s.plan.Has(PkgsDirs) && !s.plan.Has(e.Category) {
			s.plan.Targets = append(s.plan.Targets, e.Category)
		}
	}
	slices.Sort(s.plan.Targets)
}

// wants says whether e was asked for. What an earlier run has left always is.
func (s *Survey) wants(e *candidate) bool {
	return s.plan.Has(PkgsDirs) || s.plan.Has(e.Category) || e.leftover
}

func (s *Survey) searchTempFiles(ctx context.Context) error {
	if s.plan.Has(PkgsDirs) || !s.plan.Has(TempFiles) && !s.plan.Has(Trash) {
		return nil
	}
	caches := map[walk.ID]bool{}
	for _, loc := range s.plan.Caches {
		caches[loc.ID] = true
	}
	searched := map[walk.ID]bool{}
	found := map[walk.ID]map[string]bool{} // names of an inode, by its folder's real path
	for _, dir := range s.o.TempPaths {
		id, err := walk.Identify(dir)
		if err != nil || searched[id] {
			if err != nil && !walk.LeadsNowhere(err) {
				s.problem(meta.Problem{Code: CodeNotSearched, Path: dir, Err: fmt.Errorf("%s: not searched for temp files: %w", dir, walk.Cause(err))})
			}
			continue
		}
		searched[id] = true
		search := &tempSearch{dir: dir, caches: caches, temp: s.plan.Has(TempFiles), mamba: s.plan.Has(Trash)}
		if err := search.run(ctx, s.o.Jobs); err != nil {
			return err
		}
		if search.problem != nil {
			s.problem(meta.Problem{Code: CodeNotSearched, Path: dir, Err: fmt.Errorf("not all of %s was searched for temp files: %w", dir, search.problem)})
		}
		for _, e := range search.found {
			real, err := walk.Real(filepath.Dir(e.Path()))
			if err != nil {
				continue
			}
			real = filepath.Join(real, path.Base(e.Name))
			if found[e.Stat.ID] == nil {
				found[e.Stat.ID] = map[string]bool{}
			}
			if !found[e.Stat.ID][real] { // one path below another
				found[e.Stat.ID][real] = true
				e.wanted = true
				s.entries = append(s.entries, e)
			}
		}
	}
	return nil
}

// newHolders asks the environments about the packages that are known by now.
func (s *Survey) newHolders() *hold.Holders {
	var packages []*hold.Package
	for _, e := range s.entries {
		if e.pkg != nil {
			packages = append(packages, e.pkg)
		}
		packages = append(packages, e.nested...)
	}
	return hold.NewHolders(s.o.Discovery.Environments, packages)
}

// probe looks for packages that an environment is known to hard-link: they
// stay, and need not be read.
func (s *Survey) probe(ctx context.Context) error {
	s.holders = s.newHolders()
	if s.o.measureAll || s.o.Policy.MaxSize != nil || s.plan.Has(PkgsDirs) {
		return nil // hard links do not keep anything from --force-pkgs-dirs
	}
	var packages []*hold.Package
	for _, e := range s.entries {
		if e.pkg != nil && e.wanted {
			packages = append(packages, e.pkg)
		}
	}
	return parallel.Each(ctx, 0, packages, func(p *hold.Package) error {
		s.holders.Probe(p)
		return nil
	})
}

// measure finds out what entries take up and which are linked from outside.
func (s *Survey) measure(ctx context.Context) error {
	packages := s.plan.Has(Packages) || s.plan.Has(PkgsDirs)
	var read, proven []*candidate
	s.links = new(walk.Links)
	for _, e := range s.entries {
		switch {
		case e.folder && e.pkg != nil && e.pkg.Proof != nil:
			proven = append(proven, e)
		case e.folder && (e.wanted || packages || s.o.Policy.MaxSize != nil):
			read = append(read, e)
		case !e.folder && e.Stat.Nlink > 1 && e.Category != TempFiles:
			s.links.Add(len(s.linked), e.Stat)
			s.linked = append(s.linked, e)
		}
	}
	if err := s.read(ctx, read); err != nil {
		return err
	}
	if s.markLinked() && len(proven) > 0 {
		// Something has links that were not found. They may be in the packages
		// that were not read.
		if err := s.read(ctx, proven); err != nil {
			return err
		}
		s.markLinked()
	}
	for _, e := range s.entries {
		if e.pkg != nil {
			e.pkg.Payload, e.pkg.Linked, e.pkg.Err = e.tree.Payload, e.Linked, e.tree.Err
		}
	}
	return nil
}

// read measures entries that are folders.
func (s *Survey) read(ctx context.Context, entries []*candidate) error {
	dirs := map[string]*walk.Dir{}
	for _, c := range s.opens {
		dirs[c.Path] = c.Dir
	}
	subs := map[string]*walk.Dir{} // one handle for all entries of a folder
	defer func() {
		for _, d := range subs {
			d.Close()
		}
	}()
	var roots []walk.Root
	first := len(s.linked)
	for _, e := range entries {
		dir, name := path.Split(e.Name)
		root := walk.Root{Dir: dirs[e.Dir], Name: name}
		if dir != "" {
			path := filepath.Join(e.Dir, dir)
			if subs[path] == nil {
				sub, err := dirs[e.Dir].OpenBelow(strings.TrimSuffix(dir, "/"))
				if err != nil {
					e.tree.Err = err
					continue
				}
				subs[path] = sub
			}
			root.Dir = subs[path]
		}
		roots = append(roots, root)
		s.linked = append(s.linked, e)
	}
	if s.plan.Has(PkgsDirs) {
		search := &nestedSearch{entries: s.linked[first:]}
		if err := search.run(ctx, roots, s.o.Jobs); err != nil {
			return err
		}
	}
	trees, links, err := walk.Measure(ctx, roots, walk.MeasureOptions{Jobs: s.o.Jobs, Except: "info"})
	if err != nil {
		return err
	}
	for i, e := range s.linked[first:] {
		e.tree = trees[i]
		e.Usage = trees[i].Usage
		e.Usage.Add(e.also)
		e.Newest = max(e.Newest, trees[i].Newest)
	}
	s.links.Merge(links, first)
	return nil
}

// decide says of each entry that was asked for whether it goes.
func (s *Survey) decide(ctx context.Context) error {
	force := s.plan.Has(PkgsDirs)
	if force {
		// Packages inside other folders are known only by now.
		s.holders = s.newHolders()
	}
	h := s.holders
	s.above = hold.PrefixesAbove(s.o.Discovery.Environments)
	doubts := hold.Unreadable(s.o.Discovery)
	if !s.o.IgnoreUnreadable {
		h.Doubts = doubts
	}
	temp := newTempOwners(s.o.Discovery.Environments)
	h.Force = force
	kept := map[string]bool{} // caches of which something stays
	doubtful := false
	goes := map[*candidate]bool{}
	var marking []*candidate
	for _, e := range s.entries {
		if !e.wanted {
			continue
		}
		holds, err := s.holds(ctx, e, h, temp)
		if err != nil {
			return err
		}
		if len(holds) == 0 && !e.leftover {
			if h, fresh := s.grace.hold(&e.Entry); fresh {
				holds = []hold.Hold{h}
			}
		}
		if len(holds) > 0 {
			k := Kept{Entry: &e.Entry, Holds: holds}
			s.plan.Kept = append(s.plan.Kept, k)
			kept[e.Dir] = true
			doubtful = doubtful || k.Doubt()
			continue
		}
		if e.IsMark() {
			marking = append(marking, e)
			continue
		}
		goes[e] = true
		s.plan.Remove = append(s.plan.Remove, &e.Entry)
	}
	s.narrow(goes)
	if err := s.keepNeeded(ctx, goes); err != nil {
		return err
	}
	s.makeRoom(goes)
	s.sort()
	noteCompanions(s.entries, goes)
	// A cache keeps its marks as long as anything else is in it: they go last,
	// so that an interrupted run leaves something that is still a cache.
	for _, e := range marking {
		if !kept[e.Dir] {
			goes[e] = true
			s.plan.Remove = append(s.plan.Remove, &e.Entry)
		}
	}
	s.account(goes)
	if !s.plan.Has(Packages) && !force {
		return nil // nothing depends on them
	}
	for _, d := range doubts {
		code, where := CodeUnreadableEnv, d.Prefix
		if where == "" {
			code, where = meta.CodeUnreadableList, d.File
		}
		s.problem(meta.Problem{
			Code: code, Path: where, Doubt: doubtful && !s.o.IgnoreUnreadable,
			Err: fmt.Errorf("%s: it cannot be read, so nothing is known of the packages it uses: %w", where, d.Err),
		})
	}
	return nil
}

// holds returns what keeps one entry.
func (s *Survey) holds(ctx context.Context, e *candidate, h *hold.Holders, temp *tempOwners) ([]hold.Hold, error) {
	if prefix, ok := s.above[e.id()]; ok && (e.folder || e.leadsTo != walk.ID{}) {
		return []hold.Hold{{Reason: hold.HoldsEnvironment, Prefix: prefix}}, nil
	}
	for _, prefix := range e.prefixes {
		return []hold.Hold{{Reason: hold.HoldsEnvironment, Prefix: prefix}}, nil
	}
	for _, n := range e.nested {
		if holds, err := h.Of(ctx, n); err != nil || len(holds) > 0 {
			return holds, err
		}
	}
	switch {
	case e.pkg != nil:
		return h.Of(ctx, e.pkg)
	case e.tree.Err != nil && !errors.Is(e.tree.Err, fs.ErrPermission):
		return []hold.Hold{{Reason: hold.UnreadableEntry, Err: e.tree.Err}}, nil
	case e.Category == Tarballs && e.Linked:
		return []hold.Hold{{Reason: hold.HardLinked}}, nil
	case e.Category == Locks:
		// Many systems drop all of a process's locks on a file when it closes any
		// handle of it: one that this run holds is not opened to be asked.
		if s.o.Own[e.Stat.ID] || walk.IsLocked(e.Path()) {
			return []hold.Hold{{Reason: LockHeld}}, nil
		}
	case e.Category == TempFiles, isMambaTrash(e.Name):
		return temp.of(ctx, e)
	}
	return nil, nil
}

// sort puts entries in the order in which they are shown.
func (s *Survey) sort() {
	order := numbersOf(s.plan.Caches)
	less := func(a, b *Entry) bool {
		switch {
		case a.Category != b.Category:
			return a.Category < b.Category
		case a.Dir != b.Dir:
			return order[a.Dir] < order[b.Dir] || order[a.Dir] == order[b.Dir] && a.Dir < b.Dir
		}
		return a.Name < b.Name
	}
	sort.SliceStable(s.plan.Remove, func(i, j int) bool { return less(s.plan.Remove[i], s.plan.Remove[j]) })
	sort.SliceStable(s.plan.Kept, func(i, j int) bool { return less(s.plan.Kept[i].Entry, s.plan.Kept[j].Entry) })
}

// account adds to the entries that go the disk space of the inodes all of
// whose links go with them.
func (s *Survey) account(goes map[*candidate]bool) {
	s.links.Inodes(func(n walk.Inode) bool {
		if n.Outside() > 0 {
			return true
		}
		for _, tree := range n.Trees {
			if !goes[s.linked[tree]] {
				return true
			}
		}
		s.linked[n.Trees[0]].Usage.Disk += n.Disk
		return true
	})
	for e := range goes {
		if e.hidden {
			e.Hidden, e.Usage.Disk = e.Usage.Disk, 0
		}
	}
}

// existing says whether path leads to a folder.
func existing(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}
