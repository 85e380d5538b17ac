package meta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gclean/walk"
)

// Environment is a prefix that something says exists.
type Environment struct {
	Prefix  string
	ID      walk.ID  // identity of the prefix folder
	Sources []string // every place that it was learned from
	Records []string // file names in conda-meta that end in .json, sorted; not opened
	// Bare says that it has files, and no record that tells of them: its
	// conda-meta is missing.
	Bare  bool
	Err   error   // set when it exists and cannot be read
	Users []*User // whose files name it, all of them; empty where something that concerns everybody does
}

// Environments returns every environment that is known, each once, sorted by
// prefix. What does not exist is left out. The error is of wrong usage
// (ErrUsage: a prefix that was named and is none) or that of ctx.
func (h Host) Environments(ctx context.Context, c *Config, o Options) ([]Environment, []Problem, error) {
	known, problems := h.listed(c.homes)
	for _, v := range values(o.Prefixes, "--prefix") {
		if _, err := os.Stat(filepath.Join(v.Path, "conda-meta")); err != nil && isGone(err) {
			return nil, nil, usagef("--prefix %s: it is no environment (it has no conda-meta)", v.Path)
		} else if err != nil && isLoop(err) {
			return nil, nil, usagef("--prefix %s: symlinks go round in a circle", v.Path)
		}
		known = append(known, v)
	}
	for _, v := range o.EnvsDirs {
		if !mayBeDir(v) {
			return nil, nil, usagef("--envs-dir %s: there is no such folder", v)
		}
	}
	if c.RootPrefix.Path != "" {
		known = append(known, Value{Path: c.RootPrefix.Path, Source: "root prefix"})
	}
	if prefix := h.env("CONDA_PREFIX"); filepath.IsAbs(prefix) {
		known = append(known, Value{Path: filepath.Clean(prefix), Source: "CONDA_PREFIX"})
	}
	known = append(known, c.places...)
	common := map[string]bool{} // folders that are looked at for everybody
	for _, dir := range c.EnvsDirs {
		common[dir.Path] = true
		found, bad := below(dir.Path, dir.Source)
		known, problems = append(known, found...), append(problems, bad...)
	}
	found, bad := c.inRoots(common)
	known, problems = append(known, found...), append(problems, bad...)
	found, bad = h.pixiPlaces(c.pixi, &budget{maxConfiguration})
	known, problems = append(known, found...), append(problems, bad...)
	for _, pkgs := range c.PkgsDirs {
		// <root>/pkgs has its environments beside it.
		if filepath.Base(pkgs.Path) != "pkgs" || pkgs.Layout != CondaPackages {
			continue
		}
		root, source := filepath.Dir(pkgs.Path), "beside "+pkgs.Path
		known = append(known, Value{Path: root, Source: source})
		found, bad := below(filepath.Join(root, "envs"), source)
		known, problems = append(known, found...), append(problems, bad...)
	}
	byUser := make([][]Value, len(c.users))
	badOfUser := make([][]Problem, len(c.users))
	err := parallel(ctx, len(c.users), func(i int) { byUser[i], badOfUser[i] = c.users[i].find(common) })
	if err != nil {
		return nil, nil, err
	}
	known, problems = append(known, slices.Concat(byUser...)...), append(problems, slices.Concat(badOfUser...)...)
	if len(o.Search) > 0 {
		found, bad, err := search(ctx, o.Search)
		if err != nil {
			return nil, nil, err
		}
		known, problems = append(known, found...), append(problems, bad...)
	}
	envs, err := look(ctx, without(known, o.Gone))
	return withoutSame(envs, o.Gone), problems, err
}

// below are the folders in an envs_dirs; which are environments is looked at
// with all others.
func below(dir, source string) ([]Value, []Problem) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if err = walk.Reached(dir, err); isGone(err) {
			return nil, nil
		}
		return nil, []Problem{{Path: dir, Err: fmt.Errorf("%w: environments in it are not known", err), Hides: true}}
	}
	var list []Value
	for _, e := range entries {
		if e.Type().IsRegular() {
			continue
		}
		list = append(list, Value{Path: filepath.Join(dir, e.Name()), Source: source})
	}
	return list, nil
}

// look looks at prefixes, several at a time, and makes one of those that are
// the same folder.
func look(ctx context.Context, known []Value) ([]Environment, error) {
	byPrefix := map[string]int{}
	type learned struct {
		env    int
		source string
		user   *User
	}
	seen := map[learned]bool{}
	everybody := map[int]bool{}
	var list []Environment
	for _, v := range known {
		i, ok := byPrefix[v.Path]
		if !ok {
			i = len(list)
			byPrefix[v.Path] = i
			list = append(list, Environment{Prefix: v.Path})
		}
		if source := (learned{env: i, source: v.Source}); !seen[source] {
			seen[source] = true
			list[i].Sources = append(list[i].Sources, v.Source)
		}
		if user := (learned{env: i, user: v.User}); v.User != nil && !seen[user] {
			seen[user] = true
			list[i].Users = append(list[i].Users, v.User)
		}
		everybody[i] = everybody[i] || v.User == nil
	}
	for i := range everybody {
		if everybody[i] {
			list[i].Users = nil
		}
	}
	exists := make([]bool, len(list))
	if err := parallel(ctx, len(list), func(i int) { exists[i] = list[i].read() }); err != nil {
		return nil, err
	}
	var found []Environment
	for i := range list {
		if exists[i] {
			found = append(found, list[i])
		}
	}
	envs := distinct(found, walk.Real)
	slices.SortFunc(envs, func(a, b Environment) int { return cmp.Compare(a.Prefix, b.Prefix) })
	return envs, nil
}

// distinct makes one of the environments that are the same folder: the first, with
// the sources of all. real is walk.Real, asked only where IDs are equal.
//
// That they are does not say that it is one folder: some drivers of shares number
// everything 0, and 9p can give one number to several.
func distinct(list []Environment, real func(path string) (string, error)) []Environment {
	paths := map[string]string{}
	path := func(prefix string) string {
		p, ok := paths[prefix]
		if !ok {
			p, _ = real(prefix) // "" is like no other
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

// ReadEnvironment looks at the environment at prefix; false when there is none.
func ReadEnvironment(prefix string) (Environment, bool) {
	e := Environment{Prefix: prefix}
	exists := e.read()
	return e, exists
}

// OpenRecord opens one of the environment's records, which is a regular file or
// a symlink to one: some sites share them so.
func (e *Environment) OpenRecord(record string) (*os.File, error) {
	dir, err := walk.Open(filepath.Join(e.Prefix, "conda-meta"))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	f, err := dir.OpenFile(record)
	if errors.Is(err, syscall.ELOOP) {
		// A link to nothing is no record that was removed: its own error stays.
		if behind, berr := openRegular(filepath.Join(e.Prefix, "conda-meta", record)); berr == nil {
			return behind, nil
		}
	}
	return f, err
}

// read lists the records of the environment; false when there is none at its
// prefix.
func (e *Environment) read() bool {
	var err error
	if e.ID, err = walk.Identify(e.Prefix); err != nil {
		e.Err = walk.Reached(e.Prefix, err)
		return !isGone(e.Err)
	}
	dir, err := os.Open(filepath.Join(e.Prefix, "conda-meta"))
	if err != nil {
		e.Err = err
		return !isGone(err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		e.Err = err
		return !isGone(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".json") {
			e.Records = append(e.Records, name)
		}
	}
	slices.Sort(e.Records)
	return true
}
