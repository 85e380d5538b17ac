package installed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/order"
	"gclean/meta/dist"
	"gclean/walk"
)

// File is a file that is put back.
type File struct {
	dist.Finding        // what is wrong with it
	From         string // path of the extracted package or archive that it is taken from

	check   *Check
	path    *dist.InstalledPath
	was     walk.Stat // what is in its place; the zero value for nothing
	pkg     *cache.Package
	source  string // path in the package
	archive bool   // From is an archive
	entry   dist.PathEntry
}

// Dist is the distribution that the file is of.
func (f *File) Dist() string { return f.check.Dist }

// Unmendable is a fault that nothing can be done about, and why.
type Unmendable struct {
	Dist    string
	Finding dist.Finding
	Err     error
}

// RepairPlan is every file that is written, proven before anything is touched.
type RepairPlan struct {
	Prefix     string
	Files      []*File // by distribution and path
	Unmendable []Unmendable

	prefixes []string // those that the environment may have been made with, the surest first

	id   walk.ID
	busy func() error // ErrInstallerRuns
}

// Why a file is not put back.
var (
	// ErrNoPackage says that no cache has the package.
	ErrNoPackage = errors.New("no package cache has the package")
	// ErrUnproven says that what a cache has is not proven to be what was installed.
	ErrUnproven = errors.New("no proof that the cache has what was installed")
	// ErrMade says that the file is in no package.
	ErrMade = errors.New("an installer made it, and it is in no package; reinstall the package")

	// ErrInstallerRuns says that what is missing may be about to come or to go.
	ErrInstallerRuns = errors.New("an installer runs, which may be at work on this environment; repair when it has ended")

	errOccupied   = errors.New("something other than a file is in its place")
	errUnreadable = errors.New("it cannot be read; run as its owner")
	errBadRecord  = errors.New("the record is bad; reinstall the package")
)

// RepairPlan says which files the caches of look can put back. Nothing is changed. The
// errors are those of cache.NewSurvey.
func (v *Verification) RepairPlan(ctx context.Context, look cache.Look) (*RepairPlan, error) {
	p := &RepairPlan{Prefix: v.Prefix, id: v.ID, busy: func() error { return busy(look) }}
	broken := slices.DeleteFunc(slices.Clone(v.Checks), func(c *Check) bool { return len(c.Faults) == 0 })
	var names []string
	for _, c := range broken {
		names = append(names, c.record.Names()...)
	}
	var packages []*cache.Package
	var err error
	if len(names) > 0 {
		s, list, err := cache.NewSurvey(ctx, cache.ListOptions{Look: look, Dists: literal(names)})
		if err != nil {
			return nil, err
		}
		s.Close()
		packages = list
	}
	if p.prefixes, err = v.madeAs(); err != nil {
		return nil, err
	}
	runs := p.busy()
	for _, c := range broken {
		if runs != nil {
			for _, f := range c.Faults {
				p.Unmendable = append(p.Unmendable, Unmendable{c.Dist, f, runs})
			}
			continue
		}
		p.plan(ctx, c, packages)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return p, nil
}

// busy is ErrInstallerRuns while an installer runs: files of a package that it replaces
// are missing for a while. A grace of 0 asks for no regard, as it does of cleaning.
func busy(look cache.Look) error {
	if look.NothingRuns || look.Grace != nil && *look.Grace == 0 {
		return nil
	}
	see := look.System
	if see == nil {
		see = hold.ReadSystem
	}
	sys := see()
	for _, i := range hold.Installers(sys.Processes, sys.Own) {
		return fmt.Errorf("%w (%s)", ErrInstallerRuns, i.Process)
	}
	return nil
}

// literal takes names out of which a pattern would make something else.
func literal(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return strings.ContainsAny(name, `*?[\`) })
}

// plan plans the repair of one package.
func (p *RepairPlan) plan(ctx context.Context, c *Check, packages []*cache.Package) {
	wanted := make(map[string]*File)
	fail := func(f dist.Finding, err error) {
		p.Unmendable = append(p.Unmendable, Unmendable{c.Dist, f, err})
	}
	for _, f := range c.Faults {
		made := c.paths[f.Path]
		was := c.stats[f.Path]
		switch {
		case f.Kind == dist.BadInfo:
			fail(f, errBadRecord)
		case made == nil, f.Kind == dist.Unreadable:
			fail(f, errUnreadable)
		case was.Mode.IsDir(), was.Mode.Type() != 0 && was.Mode.Type() != fs.ModeSymlink:
			fail(f, errOccupied)
		case strings.Contains(made.Kind, "entry_point"), made.Kind == "linked_package_record":
			fail(f, ErrMade)
		default:
			wanted[f.Path] = &File{Finding: f, check: c, path: made, was: was}
		}
	}
	why := make(map[string]error)
	names := c.record.Names()
	for _, pkg := range packages {
		if !slices.Contains(names, pkg.Dist) || len(wanted) == 0 {
			continue
		}
		sources := make([]string, 0, 3)
		if pkg.Extracted != nil && !pkg.Half {
			sources = append(sources, pkg.Extracted.Path())
		}
		for _, a := range pkg.Archives {
			if !dist.IsPartial(a.Name) && !dist.IsWheel(a.Name) {
				sources = append(sources, a.Path())
			}
		}
		for i, from := range sources {
			src := &source{pkg: pkg, from: from, archive: i > 0 || pkg.Extracted == nil || pkg.Half}
			found, err := src.prove(ctx, p.prefixes, c, wanted, why)
			for _, f := range found {
				delete(wanted, f.Path)
				p.Files = append(p.Files, f)
			}
			if err != nil {
				for name := range wanted {
					why[name] = cmp.Or(why[name], err)
				}
			}
		}
	}
	for _, f := range c.Faults {
		if w := wanted[f.Path]; w != nil {
			fail(f, cmp.Or(why[f.Path], ErrNoPackage))
		}
	}
	order.By(p.Files, func(a, b *File) int {
		return cmp.Or(strings.Compare(a.check.Dist, b.check.Dist), strings.Compare(a.Path, b.Path))
	})
}

// source is a package of a cache, in one of its forms.
type source struct {
	pkg     *cache.Package
	from    string
	archive bool
}

// content is a file or symlink that a source has.
type content struct {
	mode   fs.FileMode
	target string
	data   io.Reader // of a file
	file   *os.File  // of a file of an extracted package
}

// read opens the source and passes what it has of the paths to each. same says whether
// it is the very package that the record names.
func (s *source) read(ctx context.Context, c *Check, each func(name string, same bool, list dist.Paths, got content) error) error {
	if s.archive {
		return s.readArchive(ctx, c, each)
	}
	dir, err := walk.Open(s.from)
	if err != nil {
		return err
	}
	defer dir.Close()
	src := dist.Extracted{Dir: dir}
	rec, err := dist.ReadRepodataRecord(ctx, src)
	same := err == nil && (rec.SHA256 != "" && rec.SHA256 == c.record.SHA256 || rec.MD5 != "" && rec.MD5 == c.record.MD5 ||
		rec.SHA256 == "" && rec.MD5 == "" && rec.URL != "" && rec.URL == c.record.URL)
	list, _ := dist.ReadPaths(ctx, src) // what it does not have is in the record
	for name := range sourceNames(c) {
		got, err := s.open(dir, name)
		if err == nil {
			err = each(name, same, list, got)
		}
		if got.file != nil {
			got.file.Close()
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (s *source) open(dir *walk.Dir, name string) (got content, err error) {
	in, err := dir.OpenBelow(strings.TrimSuffix(path.Dir(name), "."))
	if err != nil {
		return got, err
	}
	defer in.Close()
	st, err := in.Lstat(path.Base(name))
	if err != nil {
		return got, err
	}
	got.mode = st.Mode
	if st.Mode&fs.ModeSymlink != 0 {
		got.target, err = in.Readlink(path.Base(name))
		return got, err
	}
	got.file, err = in.OpenFile(path.Base(name))
	got.data = got.file
	return got, err
}

func (s *source) readArchive(ctx context.Context, c *Check, each func(string, bool, dist.Paths, content) error) error {
	a, err := dist.OpenArchive(s.from, dist.Limits{})
	if err != nil {
		return err
	}
	defer a.Close()
	same := false
	if want := c.record.Expected(); want.Known() {
		h, err := dist.HashFile(ctx, s.from, dist.HashOptions{SHA256: want.SHA256 != "", MD5: want.SHA256 == ""})
		if err != nil {
			return err
		}
		same = want.Check(s.from, h) == nil
	}
	list, _ := dist.ReadPaths(ctx, a)
	names := sourceNames(c)
	return a.Members(ctx, dist.Everything, func(m dist.Member, r io.Reader) error {
		if !names[m.Path] || m.Type == dist.Folder || m.Type == dist.Hardlink {
			return nil
		}
		got := content{mode: m.Mode.Perm(), data: r}
		if m.Type == dist.Symlink {
			got = content{mode: fs.ModeSymlink, target: m.Target}
		}
		return each(m.Path, same, list, got)
	})
}

// sourceNames are the paths in the package that the faults of c may come from.
func sourceNames(c *Check) map[string]bool {
	names := make(map[string]bool)
	for _, f := range c.Faults {
		names[f.Path] = true
		if c.record.Noarch == "python" {
			for _, name := range dist.SourcesOf(f.Path) {
				names[name] = true
			}
		}
	}
	return names
}

// prove says which of the wanted files the source has as they were installed, and why
// not the others. The error is of the source as a whole.
func (s *source) prove(ctx context.Context, prefixes []string, c *Check, wanted map[string]*File, why map[string]error) ([]*File, error) {
	bySource := make(map[string]*File)
	for _, f := range wanted {
		bySource[f.Path] = f
		if c.record.Noarch == "python" {
			for _, name := range dist.SourcesOf(f.Path) {
				bySource[name] = f
			}
		}
	}
	var found []*File
	taken := make(map[*File]bool)
	err := s.read(ctx, c, func(name string, same bool, list dist.Paths, got content) error {
		f := bySource[name]
		if f == nil || taken[f] {
			return nil
		}
		try := *f
		try.From, try.pkg, try.source, try.archive, try.entry = s.from, s.pkg, name, s.archive, entryOf(list, name)
		if err := try.write(ctx, prefixes, same, got, io.Discard); err != nil {
			why[f.Path] = err
			return ctx.Err()
		}
		taken[f] = true
		found = append(found, &try)
		return nil
	})
	if err != nil && s.archive {
		found = nil // what was read of an archive is proven when its end is reached
	}
	return found, err
}

func entryOf(list dist.Paths, name string) dist.PathEntry {
	for _, e := range list.Entries {
		if e.Path == name {
			return e
		}
	}
	return dist.PathEntry{}
}
