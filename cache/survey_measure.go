package cache

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gclean/cache/hold"
	"gclean/internal/parallel"
	"gclean/meta"
	"gclean/walk"
)

// newHolders returns the Holders for the packages known so far.
func (s *Survey) newHolders() *hold.Holders {
	var packages []*hold.Package
	for _, e := range s.entries {
		if e.pkg != nil {
			packages = append(packages, e.pkg)
		}
		packages = append(packages, e.nested...)
	}
	return hold.NewHolders(s.envs, packages, s.memory)
}

// probe looks for packages that an environment is known to hard-link: they are kept, and
// need not be read.
func (s *Survey) probe(ctx context.Context) error {
	s.holders = s.newHolders()
	if s.o.measureAll || s.o.Policy.limitsCaches() || s.evenLinked() {
		return nil
	}
	var packages []*hold.Package
	for _, e := range s.entries {
		if e.pkg != nil && e.wanted {
			packages = append(packages, e.pkg)
		}
	}
	if err := parallel.Each(ctx, 0, packages, func(p *hold.Package) error {
		s.holders.Probe(p)
		return nil
	}); err != nil {
		return err
	}
	packages = slices.DeleteFunc(packages, func(p *hold.Package) bool { return p.Proof != nil })
	return s.holders.AskOthers(ctx, s.o.Witness, hold.Quick, packages)
}

// measure finds the sizes of the entries, and which are linked from outside.
func (s *Survey) measure(ctx context.Context) error {
	packages := s.plan.Has(Packages) || s.plan.Has(PkgsDirs)
	var read, proven []*candidate
	s.links = new(walk.Links)
	for _, e := range s.entries {
		switch {
		case e.folder && e.pkg != nil && e.pkg.Proof != nil:
			proven = append(proven, e)
		case e.folder && (e.wanted || packages || e.Category == Quarantined || s.o.Policy.limitsCaches()):
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
		// Some links were not found. They may be in the packages that were not read.
		if err := s.read(ctx, proven); err != nil {
			return err
		}
		s.markLinked()
	}
	s.askShared()
	for _, e := range s.entries {
		s.findEnvironments(e)
		if e.pkg != nil {
			e.pkg.Payload, e.pkg.Linked, e.pkg.Err, e.pkg.Newest = e.tree.Payload, e.Linked, e.tree.Err, e.Newest
			if e.unclear != nil {
				e.pkg.Err = e.unclear
			}
		}
	}
	if s.plan.Has(PkgsDirs) {
		// Packages inside other folders were found only by the steps above.
		s.holders = s.newHolders()
	}
	return nil
}

// samplesOfPackage is how many files of a package on a network file system are checked
// again before the package is removed. An installer links nearly all files of a package;
// one that has linked a quarter of them is detected 99 times in 100. Checking every file
// would need one call for each, as removal does.
const samplesOfPackage = 16

// read measures the entries that are folders.
func (s *Survey) read(ctx context.Context, entries []*candidate) error {
	dirs := map[string]*walk.Dir{}
	samples := 0
	for _, c := range s.opens {
		dirs[c.Path] = c.Dir
		if c.Network && !s.evenLinked() {
			samples = samplesOfPackage
		}
	}
	subs := map[string]*walk.Dir{} // one handle for all entries in a folder
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
	trees, links, err := walk.Measure(ctx, roots, walk.MeasureOptions{
		Jobs: s.o.Jobs, Except: "info", Mark: meta.CondaMeta, Extents: true, Samples: samples,
	})
	if err != nil {
		return err
	}
	for i, e := range s.linked[first:] {
		e.tree = trees[i]
		e.Usage = trees[i].Usage
		e.Samples = trees[i].Samples
		e.Usage.Add(e.also)
		e.Newest = max(e.Newest, trees[i].Newest)
	}
	s.links.Merge(links, first)
	return nil
}

// askShared finds which bytes are shared with other files, for entries that are files and
// for the files in Also.
func (s *Survey) askShared() {
	dirs := map[string]*walk.Dir{} // nil for those that cannot tell
	tells := func(dir *walk.Dir) *walk.Dir {
		if dir.MayShareExtents() {
			return dir
		}
		return nil
	}
	for _, c := range s.opens {
		dirs[c.Path] = tells(c.Dir)
	}
	for _, e := range s.entries {
		if !e.wanted && !s.o.measureAll && !s.o.Policy.limitsCaches() {
			continue
		}
		dir, ok := dirs[e.Dir]
		if !ok { // a folder searched for temp files or locks
			if opened, err := walk.Open(e.Dir); err == nil {
				defer opened.Close()
				dir = tells(opened)
			}
			dirs[e.Dir] = dir
		}
		if dir != nil {
			s.askSharedOf(e, dir)
		}
	}
}

func (s *Survey) askSharedOf(e *candidate, dir *walk.Dir) {
	if st := e.Stat; st.Mode.IsRegular() && st.Disk > 0 {
		shared := min(dir.SharedExtents(e.Name), st.Disk)
		if st.Nlink > 1 {
			s.links.Share(st.ID, shared)
		} else {
			e.Usage.Shared += shared
		}
	}
	for _, name := range e.Also {
		e.Usage.Shared += dir.SharedExtents(path.Join(path.Dir(e.Name), name))
	}
}
