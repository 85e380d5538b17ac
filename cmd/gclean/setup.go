package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/meta"
	"gclean/walk"
)

// surroundings are what gclean found out before it looks at a cache.
type surroundings struct {
	flags    *placeFlags
	host     meta.Host
	config   *meta.Config
	own      []string // gclean's own configuration files
	envs     []meta.Environment
	unknown  []cache.Problem // where more environments may be listed
	problems []cache.Problem // what else was wrong
}

// discover reads the configuration and finds the environments.
func discover(ctx context.Context, f *placeFlags) (*surroundings, error) {
	s := &surroundings{flags: f, host: meta.CurrentHost()}
	if f.root != "" {
		s.host = meta.ImageHost()
	}
	o := meta.Options{
		RootPrefix: absolute(string(f.rootPrefix)),
		PkgsDirs:   absolutes(f.pkgsDirs),
		EnvsDirs:   absolutes(f.envsDirs),
		Prefixes:   absolutes(f.prefixes),
		Search:     absolutes(f.search),
		AllUsers:   f.allUsers,
	}
	var err error
	if s.config, err = s.host.Configure(ctx, o); err != nil {
		return nil, err
	}
	for _, file := range s.config.Files {
		switch {
		case file.Err == nil:
		case file.Hides:
			s.unknown = append(s.unknown, cache.Problem{Path: file.Path, Err: file.Err, Doubt: true})
		default:
			s.problems = append(s.problems, cache.Problem{Path: file.Path, Err: file.Err})
		}
	}
	envs, problems, err := s.host.Environments(ctx, s.config, o)
	if err != nil {
		return nil, err
	}
	s.envs = envs
	for _, x := range slices.Concat(s.config.Problems, problems) {
		if x.Hides {
			s.unknown = append(s.unknown, cache.Problem{Path: x.Path, Err: x.Err, Doubt: true})
		} else {
			s.problems = append(s.problems, cache.Problem{Path: x.Path, Err: x.Err})
		}
	}
	return s, nil
}

// again finds the environments once more.
func (s *surroundings) again(ctx context.Context) ([]meta.Environment, []cache.Problem, error) {
	now, err := discover(ctx, s.flags)
	if err != nil {
		return nil, nil, err
	}
	return now.envs, now.unknown, nil
}

// sourcePkgsDir is the source of a cache that was named on the command line.
const sourcePkgsDir = "--pkgs-dir"

// candidates are the folders that may be caches.
func (s *surroundings) candidates() []cache.Candidate {
	var list []cache.Candidate
	for _, v := range s.config.PkgsDirs {
		list = append(list, cache.Candidate{Path: v.Path, Source: v.Source, Named: v.Source == sourcePkgsDir, Owner: v.Owner})
	}
	return list
}

// cacheOptions are the options of the plan.
func (s *surroundings) cacheOptions(f *cleanFlags) cache.Options {
	o := cache.Options{
		Targets:          f.targets(),
		Caches:           s.candidates(),
		Environments:     s.envs,
		Again:            s.again,
		Unknown:          s.unknown,
		Problems:         s.problems,
		IgnoreUnreadable: f.ignoreUnreadable,
		Grace:            f.grace.span,
		KeepNeeded:       f.keepNeeded,
		NothingRuns:      f.root != "",
		Policy:           f.policy(),
		Jobs:             f.jobs,
	}
	o.Homes = s.host.Homes()
	if slices.Contains(o.Targets, cache.TempFiles) || f.trash { // mamba's *.mamba_trash
		o.TempPaths = f.tempfiles.folders(f, s.config.RootPrefix.Path)
		// Temp files of a home are its owner's own: a root prefix that was taken
		// for one by a conda in ~/bin, say, is not asked for by --all.
		named := append(absolutes(f.tempfiles.paths), absolute(string(f.rootPrefix)))
		o.TempPaths = slices.DeleteFunc(o.TempPaths, func(path string) bool {
			if slices.Contains(named, path) || !holdsHome(path, o.Homes) {
				return false
			}
			o.Problems = append(o.Problems, cache.Problem{Path: path, Err: fmt.Errorf(
				"%s: not searched for temp files, a home folder is there; name it with -c if it is to be", path)})
			return true
		})
	}
	return o
}

// holdsHome says whether a folder is a home, or one is in it.
func holdsHome(path string, homes []string) bool {
	real, err := walk.Real(path)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(homes, func(home string) bool {
		home, err := walk.Real(home)
		if err != nil {
			return false
		}
		rel, err := filepath.Rel(real, home)
		return err == nil && filepath.IsLocal(rel)
	})
}

// folders are those searched for temp files: the paths given, else the root
// prefix, as with conda. But who names a cache with --pkgs-dir and says --all
// speaks of that cache: other folders are searched only if they were named too.
func (t *tempPaths) folders(f *cleanFlags, rootPrefix string) []string {
	list := absolutes(t.paths)
	named := absolute(string(f.rootPrefix))
	switch {
	case t.bare:
		list = append(list, rootPrefix)
	case len(list) > 0:
	case len(f.pkgsDirs) > 0:
		list = append(absolutes(f.prefixes), named)
	default:
		list = append(list, rootPrefix)
	}
	return slices.DeleteFunc(list, func(p string) bool { return p == "" })
}

// absolute is path seen from the root. It is not cleaned where that could
// change its meaning: "link/.." is not the folder that link is in. To Windows it
// is, and a path has more beginnings there.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	if runtime.GOOS == "windows" || !slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "..") {
		if abs, err := filepath.Abs(path); err == nil {
			return abs
		}
	}
	if filepath.IsAbs(path) {
		return path
	}
	if dir, err := os.Getwd(); err == nil {
		return dir + string(filepath.Separator) + path
	}
	return path
}

func absolutes(paths []string) []string {
	var list []string
	for _, p := range paths {
		list = append(list, absolute(p))
	}
	return list
}
