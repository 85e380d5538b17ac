package slim

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"gclean/internal/order"
	"gclean/internal/parallel"
	"gclean/meta"
	"gclean/walk"
)

// Options say what to look at and for.
type Options struct {
	Prefix string
	Kinds  []Kind   // none is all, each for itself, to compare them: nothing goes
	Homes  []string // home folders: never slimmed themselves
	Frozen bool     // slim an environment that is frozen, too
	// Languages and Terms are which translations and which descriptions of terminals
	// stay, of Locales and Terminfo. Terms may be patterns, as path.Match has them.
	Languages, Terms []string

	Jobs int // folders read at a time; 0 chooses
}

// Prepare looks at an environment and makes the plan of a run. Nothing is
// changed. The errors are those of wrong usage (ErrNoEnvironment, ErrRefused,
// fs.ErrNotExist, syscall.ELOOP), a FrozenError, those of an environment that cannot be read, and
// that of ctx; whatever else is wrong is among the plan's problems.
func Prepare(ctx context.Context, o Options) (*Plan, error) {
	prefix, env, err := openPrefix(o.Prefix, o.Homes)
	if err != nil {
		return nil, err
	}
	defer prefix.Close()
	if len(o.Kinds) > 0 && !o.Frozen {
		if err := thawed(prefix, o.Prefix); err != nil {
			return nil, err
		}
	}
	p := &Plan{Prefix: o.Prefix, ID: prefix.ID(), Kinds: slices.Compact(slices.Sorted(slices.Values(o.Kinds)))}
	for _, record := range env.Records {
		p.Records = append(p.Records, strings.TrimSuffix(record, ".json"))
	}
	t, err := readTree(ctx, prefix, o.Jobs)
	if err != nil {
		return nil, err
	}
	asked := func(k Kind) bool { return len(p.Kinds) == 0 || slices.Contains(p.Kinds, k) }
	if asked(Headers) {
		if err := t.findBuilders(ctx, prefix); err != nil {
			return nil, err
		}
	}
	if asked(StaticLibs) || asked(Headers) || asked(Sources) || asked(Sanitizers) {
		if err := t.findDrivers(ctx, prefix); err != nil {
			return nil, err
		}
	}
	if err := t.readRecords(ctx, &env, prefix); err != nil {
		return nil, err
	}
	e := evidence{languages: o.Languages, terms: o.Terms, runTime: t.atRunTime()}
	if asked(StaticLibs) {
		e.linked, err = t.linkers(ctx, prefix)
	} else {
		e.linked.chains = t.toolchains()
	}
	if err == nil && asked(Sanitizers) {
		e.sanitized, err = t.sanitized(ctx, prefix, o.Jobs)
	}
	if err == nil && asked(Sources) && t.compilerHere(e) == "" {
		e.sources, err = t.sourcesRead(ctx, prefix)
	}
	if err == nil && asked(Docs) {
		e.docs, err = t.docsRead(ctx, prefix)
	}
	if err == nil && asked(Idle) {
		e.idle, err = t.idlers(ctx, prefix)
	}
	if err != nil {
		return nil, err
	}
	if asked(Terminfo) {
		e.terms = slices.Concat(o.Terms, t.linkedTerms(prefix, o.Terms))
	}
	if folders := t.testFolders(); len(folders) > 0 && asked(Tests) {
		code, parents := t.codeIn(folders), parentsOf(folders)
		e.held, err = heldTests(folders, func(folder string) ([]source, error) { return t.readCode(ctx, prefix, code[folder], parents) })
		if err != nil {
			return nil, err
		}
	}
	if err := t.findLayers(ctx, prefix); err != nil {
		return nil, err
	}
	if err := t.findShared(ctx, prefix); err != nil {
		return nil, err
	}
	p.fill(t, e)
	return p, nil
}

// fill makes the plan of what was found.
func (p *Plan) fill(t *tree, e evidence) {
	if len(p.Kinds) == 0 {
		for _, k := range Kinds() {
			items, _ := t.decide([]Kind{k}, e)
			p.ByKind = append(p.ByKind, KindFigures{k, Sum(items)})
		}
	} else {
		p.Items, p.Kept = t.decide(p.Kinds, e)
		for _, k := range p.Kinds {
			p.ByKind = append(p.ByKind, KindFigures{k, p.Of(k)})
		}
	}
	p.Others = slices.Sorted(slices.Values(t.others))
	p.Problems = t.problems
	order.By(p.Problems, func(a, b meta.Problem) int { return cmp.Compare(a.Path, b.Path) })
}

// Of are the figures of one kind.
func (p *Plan) Of(k Kind) Figures {
	var f Figures
	for _, it := range p.Items {
		if it.Kind == k {
			f.add(it)
		}
	}
	return f
}

// findLayers finds the files that are in an earlier layer of an image: removing
// them hides them, and frees nothing.
func (t *tree) findLayers(ctx context.Context, prefix *walk.Dir) error {
	if !prefix.Layered() {
		return nil
	}
	return t.eachIn(ctx, prefix, func(dir *walk.Dir, f *file) {
		f.lower = dir.Layer(path.Base(f.path)) == walk.LayerLower
	})
}

// eachIn calls look for each file with its folder, which is opened once; files of a
// folder that cannot be opened are passed over.
func (t *tree) eachIn(ctx context.Context, prefix *walk.Dir, look func(dir *walk.Dir, f *file)) error {
	return parallel.Each(ctx, 0, byFolder(t.sorted(), func(f *file) string { return folderOf(f.path) }), func(files []*file) error {
		dir, err := prefix.OpenBelow(folderOf(files[0].path))
		if err != nil {
			return nil
		}
		defer dir.Close()
		for _, f := range files {
			look(dir, f)
		}
		return nil
	})
}
