package meta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gclean/internal/order"
	"gclean/meta/absence"
	"gclean/walk"
	"gclean/walk/mounts"
	"gclean/walk/open"
)

// Environment is a prefix that something says exists.
type Environment struct {
	Prefix  string
	ID      walk.ID  // identity of the prefix folder; zero if it was not found
	Sources []string // all places that name it
	Records []string // file names in conda-meta that RecordName accepts, sorted; the files are not opened
	// Bare says that it has files, but no records of them. Its conda-meta was removed, as
	// in slimmed images, or is not written yet.
	Bare bool
	// Err is set if it exists but cannot be read. It is absence.ErrUnproven if nothing was
	// found at Prefix, but that does not prove that it is gone.
	Err error
	// Users are all users whose files name it. It is empty if something that concerns
	// everybody names it.
	Users []*User
	// Elsewhere is set if another process has read it, on behalf of its user. This process
	// then reads nothing in it, and Records is empty.
	Elsewhere *Elsewhere
}

// Elsewhere is what another process says about an environment.
type Elsewhere struct {
	Records int       // number of records
	Digest  string    // changes with the names of the records
	Above   []walk.ID // its folder, and the folders above it
}

// same reports whether two answers about an environment are equal.
func (e *Elsewhere) same(other *Elsewhere) bool {
	if e == nil || other == nil {
		return e == other
	}
	return e.Records == other.Records && e.Digest == other.Digest
}

// Packages returns how many packages are recorded in the environment.
func (e *Environment) Packages() int {
	if e.Elsewhere != nil {
		return e.Elsewhere.Records
	}
	return len(e.Records)
}

// Environments returns every known environment, each once, sorted by prefix. It leaves out
// those that are proven not to exist. It returns an error only if ctx ends or for wrong
// usage (ErrUsage), such as a named prefix that is not an environment.
func (h Host) Environments(ctx context.Context, c *Config, o Options) ([]Environment, []Problem, error) {
	w := new(absence.Ways)
	known, problems, err := h.listed(ctx, w, newListReader(), c.homes)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range absolute(o.Prefixes) {
		if _, err := os.Stat(filepath.Join(v.Path, CondaMeta)); err != nil && isGone(err) {
			return nil, nil, &NamedError{v.Source, v.Path, ErrNoEnvironment}
		} else if err != nil && walk.IsLoop(err) {
			return nil, nil, &NamedError{v.Source, v.Path, ErrLoop}
		}
		known = append(known, v)
	}
	for _, v := range o.EnvsDirs {
		if !mayBeDir(v.Path) {
			return nil, nil, &NamedError{v.Source, v.Path, ErrNoFolder}
		}
	}
	if c.RootPrefix.Path != "" {
		known = append(known, Value{Path: c.RootPrefix.Path, Source: "root prefix", claim: claimRoot})
	}
	known = append(known, h.active()...)
	known = append(known, c.places...)
	add := func(found []Value, bad []Problem) {
		known, problems = append(known, found...), append(problems, bad...)
	}
	common := map[string]bool{} // folders that are read for everybody
	for _, dir := range c.EnvsDirs {
		common[dir.Path] = true
		if dir.Source != sourceDefault {
			problems = append(problems, notThere(dir.Path)...)
		}
		add(below(dir.Path, dir.Source))
	}
	add(c.inRoots(common))
	problems = append(problems, h.missingRoots()...)
	add(h.pixiPlaces(c.pixi, &budget{maxConfiguration}))
	add(besideCaches(c.PkgsDirs))
	byUser := make([][]Value, len(c.users))
	badOfUser := make([][]Problem, len(c.users))
	err = inParallel(ctx, len(c.users), func(i int) { byUser[i], badOfUser[i] = c.users[i].find(common) })
	if err != nil {
		return nil, nil, err
	}
	add(slices.Concat(byUser...), slices.Concat(badOfUser...))
	if len(o.Search) > 0 {
		found, bad, err := search(ctx, o.Search)
		if err != nil {
			return nil, nil, err
		}
		add(found, bad)
	}
	for _, v := range absolute(o.Gone) {
		if e, exists := ReadEnvironment(v.Path); exists && e.Err == nil && (len(e.Records) > 0 || e.Bare) {
			return nil, nil, &NamedError{v.Source, v.Path, ErrIsThere}
		}
	}
	envs, err := look(ctx, w, h.toUsers(without(known, o.Gone), c))
	if err != nil {
		return nil, nil, err
	}
	problems, err = proven(ctx, w, problems)
	return withoutSame(envs, o.Gone), append(problems, unread(w)...), err
}

// active returns the environments that are active in the shell: CONDA_PREFIX, and those that
// were active before it (CONDA_PREFIX_1 and so on, build_activate in conda/activate.py).
func (h Host) active() (list []Value) {
	for n, name := 1, "CONDA_PREFIX"; h.env(name) != ""; n, name = n+1, fmt.Sprintf("CONDA_PREFIX_%d", n) {
		if prefix := h.env(name); filepath.IsAbs(prefix) {
			list = append(list, Value{Path: filepath.Clean(prefix), Source: name})
		}
	}
	return list
}

// sourceDefault is the source of a path that nothing names.
const sourceDefault = "default"

// besideCaches returns the environments of installations: in <root>, the folder pkgs is
// beside them.
func besideCaches(caches []Value) (known []Value, problems []Problem) {
	for _, pkgs := range caches {
		if filepath.Base(pkgs.Path) != "pkgs" || pkgs.Layout != CondaPackages {
			continue
		}
		root, source := filepath.Dir(pkgs.Path), "beside "+pkgs.Path
		known = append(known, Value{Path: root, Source: source, claim: claimBeside})
		found, bad := below(filepath.Join(root, "envs"), source)
		known, problems = append(known, found...), append(problems, bad...)
	}
	return known, problems
}

// below returns the names in an envs_dirs; whether each is an environment is decided later.
// A folder that is not found is a problem until proven decides. Nobody stores an environment
// on a file system such as /proc, but /proc/self/fd would list the folders that this process
// has open.
func below(dir, source string) ([]Value, []Problem) {
	if mounts.KindOf(mounts.TypeAt(dir)) == mounts.Pseudo {
		return nil, nil
	}
	names, err := open.Names(dir)
	if err != nil {
		return nil, []Problem{unseen(dir, walk.Reached(dir, err))}
	}
	list := make([]Value, 0, len(names))
	for _, name := range names {
		list = append(list, Value{Path: filepath.Join(dir, name), Source: source, claim: claimChild})
	}
	return list, nil
}

// missing is the error of a path that something names and that is not found.
type missing struct{ error }

func (m missing) Unwrap() error { return m.error }

// notThere returns the problem that nothing is found at path, which something names; proven
// decides what that means. It returns nil if path exists.
func notThere(path string) []Problem {
	if _, err := walk.Identify(path); err != nil && isGone(err) {
		return []Problem{{Path: path, Err: missing{err}, Hides: true}}
	}
	return nil // below reports other errors
}

// missingRoots returns the problems of missing root prefixes. Those are named by a
// variable, or are dangling symlinks in a usual place, and may have environments in them.
// Existing root prefixes are read like other places.
func (h Host) missingRoots() (problems []Problem) {
	for _, name := range []string{"CONDA_ROOT", "CONDA_ROOT_PREFIX", "MAMBA_ROOT_PREFIX", "MAMBA_DEFAULT_ROOT_PREFIX"} {
		if path := h.env(name); path != "" {
			problems = append(problems, notThere(h.expand(path))...)
		}
	}
	for _, path := range h.UsualRoots {
		path = filepath.FromSlash(h.expandUser(path))
		if fi, err := os.Lstat(path); err != nil || fi.Mode()&fs.ModeSymlink == 0 {
			continue // missing, or not a symlink that may dangle
		}
		if _, err := walk.Identify(path); err != nil && !walk.IsLoop(err) {
			problems = append(problems, unseen(path, err))
		}
	}
	return problems
}

// proven removes the problems of folders that are proven to be gone, and says about the
// other missing folders what is in doubt. It returns an error only if ctx ends.
func proven(ctx context.Context, w *absence.Ways, problems []Problem) ([]Problem, error) {
	missed := make([]bool, len(problems))
	err := inParallel(ctx, len(problems), func(i int) {
		p := &problems[i]
		if missed[i] = isGone(p.Err); !missed[i] {
			return
		}
		var m missing
		if p.Err = w.ProveFolder(p.Path, errors.As(p.Err, &m)); p.Err != nil {
			p.Err = hidden(p.Err)
		}
	})
	if err != nil {
		return nil, err
	}
	var list []Problem
	told := map[string]bool{}
	for i, p := range problems {
		if missed[i] && (p.Err == nil || told[p.Path]) {
			continue
		}
		told[p.Path] = told[p.Path] || missed[i]
		list = append(list, p)
	}
	return list, nil
}

// unread returns the problems of w itself.
func unread(w *absence.Ways) (problems []Problem) {
	for _, p := range w.Unread() {
		problems = append(problems, Problem{Path: p.Path, Err: p.Err})
	}
	return problems
}

// unseen returns the problem that something at path cannot be read. If path is not found,
// proven decides.
func unseen(path string, err error) Problem {
	if !isGone(err) {
		err = hidden(err)
	}
	return Problem{Path: path, Err: err, Hides: true}
}

// hidden adds to err what it means for environments.
func hidden(err error) error { return fmt.Errorf("%w: environments in it are unknown", err) }

// look reads prefixes, several at a time, and merges those that are the same folder.
func look(ctx context.Context, w *absence.Ways, known []Value) ([]Environment, error) {
	byPrefix := map[string]int{}
	named := newNamings()
	var list []Environment
	var claims []claim
	for _, v := range known {
		i, ok := byPrefix[v.Path]
		if !ok {
			i = len(list)
			byPrefix[v.Path] = i
			list, claims = append(list, Environment{Prefix: v.Path}), append(claims, v.claim)
		}
		claims[i] = min(claims[i], v.claim)
		named.add(&list[i], v)
	}
	for i := range list {
		list[i].Users = scopeOf(list[i].Users)
	}
	exists := make([]bool, len(list))
	if err := inParallel(ctx, len(list), func(i int) { exists[i] = list[i].look(w, claims[i]) }); err != nil {
		return nil, err
	}
	var found []Environment
	for i := range list {
		if exists[i] {
			found = append(found, list[i])
		}
	}
	envs := distinct(found, walk.Real)
	order.By(envs, func(a, b Environment) int { return cmp.Compare(a.Prefix, b.Prefix) })
	return envs, nil
}

// distinct merges environments that are the same folder into the first of them, with the
// sources of all. real is walk.Real; it is called only for equal IDs.
//
// Equal IDs alone do not prove that two folders are the same. Some drivers of shares number
// everything 0, and 9p can give one number to several files.
func distinct(list []Environment, real func(path string) (string, error)) []Environment {
	paths := map[string]string{}
	path := func(prefix string) string {
		p, ok := paths[prefix]
		if !ok {
			p, _ = real(prefix) // "" is equal to nothing
			paths[prefix] = p
		}
		return p
	}
	same := func(a, b *Environment) bool {
		if a.ID.Ino != 0 && (a.Err == nil) == (b.Err == nil) && slices.Equal(a.Records, b.Records) {
			return true
		}
		p := path(a.Prefix)
		return p != "" && p == path(b.Prefix)
	}
	byID := map[walk.ID][]int{}
	var envs []Environment
	for i := range list {
		e := &list[i]
		if e.Err != nil && e.ID == (walk.ID{}) { // it has no ID to compare
			envs = append(envs, *e)
			continue
		}
		at := slices.IndexFunc(byID[e.ID], func(j int) bool { return same(&envs[j], e) })
		if at < 0 {
			byID[e.ID] = append(byID[e.ID], len(envs))
			envs = append(envs, *e)
			continue
		}
		first := &envs[byID[e.ID][at]]
		for _, source := range e.Sources {
			if !slices.Contains(first.Sources, source) {
				first.Sources = append(first.Sources, source)
			}
		}
		first.addScope(e.Users)
	}
	return envs
}
