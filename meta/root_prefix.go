package meta

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"gclean/walk"
)

// rootFinder looks for the root prefix; the first match wins.
type rootFinder struct {
	found    Value
	problems []Problem // of places that may have been the root prefix
	unseen   bool      // these problems concern other users
}

// try makes path the root prefix if ok accepts it.
func (r *rootFinder) try(path, source string, ok func(string) (bool, error)) {
	if r.found.Path != "" || path == "" {
		return
	}
	switch is, err := ok(path); {
	case err != nil:
		p := Problem{Path: path, Err: fmt.Errorf("%w: environments in it are unknown", err), Hides: !r.unseen, Unseen: r.unseen}
		r.problems = append(r.problems, p)
	case is:
		r.found = Value{Path: filepath.Clean(path), Source: source}
	}
}

// findRoot finds the root prefix without conda: from the command line, the variables that
// conda and mamba set, a condarc, PATH, and the usual places. The first that exists wins.
// It returns an error only for wrong usage. The problems are about earlier places that may
// be a root prefix, but cannot be examined.
func (h Host) findRoot(o Options, condarc []setting) (Value, []Problem, error) {
	if o.RootPrefix.Path != "" {
		v := absolute([]Value{o.RootPrefix})[0]
		if !mayBeDir(v.Path) {
			return Value{}, nil, &NamedError{v.Source, o.RootPrefix.Path, ErrNoFolder}
		}
		return v, nil, nil
	}
	r := &rootFinder{}
	for _, name := range []string{"CONDA_ROOT", "CONDA_ROOT_PREFIX", "MAMBA_ROOT_PREFIX"} {
		if v := h.env(name); v != "" {
			r.try(h.expand(v), name, dirAt)
		}
	}
	for _, name := range []string{"CONDA_EXE", "MAMBA_EXE"} {
		r.try(rootOfExe(h.env(name)), name, rootAt)
	}
	if s, ok := primitive(condarc); ok && s.scalar != "" {
		r.try(h.expand(s.scalar), s.source, dirAt)
	}
	if prefix := h.env("CONDA_PREFIX"); prefix != "" {
		if envs := filepath.Dir(prefix); filepath.Base(envs) == "envs" {
			r.try(filepath.Dir(envs), "CONDA_PREFIX", rootAt)
		}
		r.try(prefix, "CONDA_PREFIX", rootAt)
	}
	h.tryPath(r)
	for _, path := range h.UsualRoots {
		expanded := h.expandUser(path)
		if expanded[0] != '~' {
			// A closed folder belongs to somebody who cannot be asked.
			r.unseen = path[0] != '~' && h.UID > 0
			r.try(filepath.FromSlash(expanded), "usual place", rootAt)
		}
	}
	return r.found, r.problems, nil
}

// tryPath looks for the root prefix of a conda or mamba in PATH.
func (h Host) tryPath(r *rootFinder) {
	for _, dir := range filepath.SplitList(h.env("PATH")) {
		for _, name := range executables() {
			if r.found.Path != "" || !filepath.IsAbs(dir) {
				continue
			}
			exe, err := filepath.EvalSymlinks(filepath.Join(dir, name))
			switch {
			case err == nil:
				r.try(rootOfExe(exe), name+" on the PATH", rootAt)
			case !isGone(err) && !errors.Is(err, fs.ErrPermission) && !walk.IsLoop(err): // this user cannot run such a conda
				r.problems = append(r.problems, Problem{Path: dir, Err: fmt.Errorf("%w: a conda there has an unknown root prefix", err), Hides: true})
			}
		}
	}
}

// systemRoots returns the root prefixes that every user may use: the one found, and those
// in the usual places outside homes.
func (h Host) systemRoots(found Value) []Value {
	var roots []Value
	if found.Path != "" {
		roots = append(roots, found)
	}
	for _, path := range h.UsualRoots {
		if path[0] != '~' && path != found.Path && mayBeRoot(path) {
			roots = append(roots, Value{Path: path, Source: "usual place"})
		}
	}
	return roots
}

// inRoots returns the environments of the system's root prefixes, and those of conda-build.
// It adds the folders that it reads to common.
func (c *Config) inRoots(common map[string]bool) (known []Value, problems []Problem) {
	add := func(more []Value, bad []Problem) { known, problems = append(known, more...), append(problems, bad...) }
	builds := slices.Clone(c.builds)
	for _, root := range c.roots {
		known = append(known, root)
		if dir := filepath.Join(root.Path, "envs"); !common[dir] {
			common[dir] = true
			add(below(dir, root.Source))
		}
		builds = append(builds, Value{Path: filepath.Join(root.Path, "conda-bld")})
	}
	for _, dir := range builds {
		if !common[dir.Path] {
			common[dir.Path] = true
			add(inCondaBuild(dir.Path))
		}
	}
	return known, problems
}

func executables() []string {
	if runtime.GOOS == "windows" {
		return []string{"conda.exe", "mamba.exe", "conda.bat"}
	}
	return []string{"conda", "mamba"}
}

// rootOfExe returns the root prefix of an executable: <root>/bin/conda,
// <root>/condabin/conda, <root>\Scripts\conda.exe.
func rootOfExe(exe string) string {
	if exe == "" {
		return ""
	}
	return filepath.Dir(filepath.Dir(exe))
}

// mayBeRoot reports whether a folder is a root prefix, or may be one.
func mayBeRoot(path string) bool {
	is, err := rootAt(path)
	return is || err != nil
}

// rootAt reports whether a folder looks like a root prefix: unlike other folders and
// environments, it contains packages, environments, or conda itself. An error means that
// this cannot be told.
func rootAt(path string) (bool, error) {
	if is, err := dirAt(path); !is || err != nil {
		return false, err // quick, because gclean tries a dozen places in each home
	}
	for _, name := range []string{"condabin", "envs", "pkgs/urls.txt"} {
		inside := filepath.Join(path, filepath.FromSlash(name))
		_, err := os.Stat(inside)
		if err = walk.Reached(inside, err); err == nil || !isGone(err) {
			return err == nil, err
		}
	}
	records := filepath.Join(path, CondaMeta)
	names, err := readNames(records, maxRecords)
	if err = walk.Reached(records, err); err != nil && !isGone(err) {
		return false, err
	}
	return slices.ContainsFunc(names, func(name string) bool {
		ok, _ := filepath.Match("conda-[0-9]*.json", name) // the pattern is valid
		return ok
	}), nil
}

// maxRecords is how many names in a conda-meta are read to find out whether conda is
// installed. The largest environments have 2,000.
const maxRecords = 100_000
