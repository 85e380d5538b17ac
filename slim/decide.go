package slim

import (
	"cmp"
	"slices"
	"strings"

	"gclean/internal/order"
	"gclean/walk"
)

// verdict is what becomes of a file of one kind: it goes unless there is a reason.
type verdict struct {
	stays  bool
	reason Reason
	by     string
	err    error
	// where it is told of, if not by its own path: a folder with others.
	where string
}

var goes = verdict{}

func stays(r Reason, by string) verdict { return verdict{stays: true, reason: r, by: by} }

// evidence is what reading files has shown.
type evidence struct {
	held    map[string]holder // test folders that something imports from
	linked  linked            // who links static libraries
	runTime runTime           // what compiles while it runs
	// sanitized are sanitizers' libraries, without endings, idle folders of the standard
	// library, each with a file that needs it.
	sanitized, idle  map[string]string
	docs, sources    map[string]string // that something reads, with it
	languages, terms []string          // that are wanted
}

// decide says what goes of the kinds asked for, by path, and what stays.
func (t *tree) decide(kinds []Kind, e evidence) ([]*Item, []Kept) {
	asked := setOf(kinds...)
	var items []*Item
	kept := &keptList{index: map[Kept]int{}}
	for _, f := range t.sorted() {
		kind, ok := (f.kinds & asked).first()
		if !ok {
			continue
		}
		if !t.belongs(f, kind, e) {
			continue
		}
		v := t.judge(f, kind, e)
		switch {
		case v.stays:
			kept.add(f, kind, v)
		case kind == History && f.stat.Size == 0: // nothing to do
		default:
			items = append(items, &Item{Kind: kind, Path: f.path, Stat: f.stat, Record: f.record})
		}
	}
	t.account(items)
	return items, kept.sorted()
}

// judge applies the rules of a kind to a file.
func (t *tree) judge(f *file, kind Kind, e evidence) verdict {
	name := f.name()
	if kind == History {
		if !f.stat.Mode.IsRegular() {
			return stays(NotAFile, "")
		}
		return goes
	}
	if !f.recorded && !t.remade(f, kind) {
		if kind == Bytecode && f.stat.Mode.IsRegular() {
			return stays(NoSource, "")
		}
		return stays(Unrecorded, "")
	}
	if isLicence(name) {
		return stays(Licence, "")
	}
	if strings.HasSuffix(name, ".pyc") && !t.hasSource(f) {
		return stays(NoSource, "")
	}
	switch kind {
	case StaticLibs:
		if who := t.linkerOf(f, e.linked); who != "" {
			return stays(NeededToBuild, who)
		}
	case Docs:
		if by := e.docs[f.path]; by != "" {
			return stays(NamedBy, by)
		}
	case Sources, Sanitizers:
		if by := t.compilerHere(e); by != "" {
			return stays(HasCompiler, by)
		}
		if by := e.sanitized[sharedStem(name)]; kind == Sanitizers && by != "" {
			return stays(NamedBy, by)
		}
		if by := e.sources[f.path]; kind == Sources && by != "" {
			return stays(NamedBy, by)
		}
	case Idle:
		folder := idleOf(f.place.dir)
		if folder == "" {
			folder = idleFolders[0] // its program
		}
		if by := e.idle[folder]; by != "" {
			v := stays(Imported, by)
			v.where = f.place.dir
			return v
		}
	case Headers:
		v := stays(HasCompiler, t.compilerHere(e))
		if v.by == "" {
			v = stays(Compiles, t.compilesAgainst(f, e.runTime))
		}
		if v.by != "" {
			v.where = headerFolders[slices.IndexFunc(headerFolders, func(h string) bool { return within(f.path, h) })]
			return v
		}
		if name == pythonReads {
			return stays(PythonReads, "")
		}
	case Tests:
		if h, ok := e.held[f.place.tests]; ok {
			v := verdict{stays: true, reason: Imported, by: h.by, err: h.err, where: f.place.tests}
			if h.err != nil {
				v.reason = Unscanned
			}
			return v
		}
	}
	return goes
}

// compilerHere is what compiles in the environment, "" if nothing does.
func (t *tree) compilerHere(e evidence) string {
	by := slices.Concat(t.compilers, t.drivers)
	for _, tool := range e.linked.chains {
		by = append(by, tool)
	}
	by = slices.DeleteFunc(by, isBareLinker)
	if len(by) == 0 {
		return ""
	}
	return slices.Min(by)
}

// belongs says whether a file is of a kind by what is beside it and what is wanted.
func (t *tree) belongs(f *file, kind Kind, e evidence) bool {
	switch kind {
	case Sources:
		return t.compiled[stemOf(f.path)]
	case Locales:
		return !speaks(languageOf(f.place.dir), e.languages)
	case Terminfo:
		return !isTerm(f.name(), e.terms)
	}
	return true
}

// remade says whether a file that no record lists is bytecode that Python makes
// again, or that of a test which goes itself.
func (t *tree) remade(f *file, kind Kind) bool {
	source := sourceOf(f.path)
	if source == "" || !f.stat.Mode.IsRegular() {
		return false
	}
	switch kind {
	case Bytecode:
		return t.modules[source]
	case Tests, Idle:
		test := t.files[source]
		return t.modules[source] && test != nil && test.recorded
	}
	return false
}

// hasSource says whether the module of a bytecode file is there: of one in
// __pycache__ beside that folder, of one as Python 2 has it beside itself.
func (t *tree) hasSource(f *file) bool {
	if f.place.cached {
		source := sourceOf(f.path)
		return source != "" && t.hasModule(source)
	}
	return t.hasModule(strings.TrimSuffix(f.path, "c"))
}

// account works out what each item frees. A file with several links frees its
// blocks only if all of them go, with the one that is first by kind and path.
func (t *tree) account(items []*Item) {
	names := map[walk.ID]uint64{}
	for _, it := range items {
		if it.Stat.Nlink > 1 {
			names[it.Stat.ID]++
		}
	}
	counted := map[walk.ID]bool{}
	byKind := slices.SortedStableFunc(slices.Values(items), func(a, b *Item) int { return cmp.Compare(a.Kind, b.Kind) })
	for _, it := range byKind {
		if it.Stat.Nlink > 1 {
			if counted[it.Stat.ID] {
				continue
			}
			counted[it.Stat.ID] = true
		}
		switch {
		case t.files[it.Path].lower:
			it.Hidden = it.Stat.Disk
		case it.Stat.Nlink > 1 && names[it.Stat.ID] < it.Stat.Nlink:
			it.Shared = it.Stat.Disk
		default:
			it.Shared = min(t.files[it.Path].shared, it.Stat.Disk)
			it.Freed = it.Stat.Disk - it.Shared
		}
	}
}

// sorted are the files by path.
func (t *tree) sorted() []*file {
	list := make([]*file, 0, len(t.files))
	for _, f := range t.files {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *file) int { return cmp.Compare(a.path, b.path) })
	return list
}

// testFolders are the test folders with a file in them that could go.
func (t *tree) testFolders() []string {
	seen := map[string]bool{}
	var list []string
	for _, f := range t.files {
		if dir := f.place.tests; dir != "" && f.recorded && !seen[dir] {
			seen[dir] = true
			list = append(list, dir)
		}
	}
	slices.Sort(list)
	return list
}

// keptList is what stays, what stays for one reason together.
type keptList struct {
	list  []Kept
	index map[Kept]int
}

func (l *keptList) add(f *file, kind Kind, v verdict) {
	key := Kept{Kind: kind, Reason: v.reason, Path: cmp.Or(v.where, f.path)}
	if v.reason == Unrecorded {
		key.Path = "" // one for all: there may be any number
	}
	i, ok := l.index[key]
	if !ok {
		i = len(l.list)
		l.index[key] = i
		l.list = append(l.list, Kept{Kind: kind, Reason: v.reason, Path: cmp.Or(key.Path, f.path), By: v.by, Err: v.err})
	}
	l.list[i].Files++
	l.list[i].Size += f.stat.Size
}

func (l *keptList) sorted() []Kept {
	order.By(l.list, func(a, b Kept) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Path, b.Path))
	})
	return l.list
}
