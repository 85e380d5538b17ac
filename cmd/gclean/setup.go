package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/cache/peruser"
	"gclean/meta"
	"gclean/walk"
)

// discover reads the configuration, and finds caches and environments. Each user's own
// process is asked; users is nil to ask nobody.
func (a *app) discover(ctx context.Context, f *placeFlags, users *peruser.Users) (*meta.Discovery, error) {
	host := a.machine()
	if f.root != "" {
		host = meta.ImageHost()
		host.Outside = a.mounted
	}
	if users != nil {
		host.Asker = users
	}
	d, err := host.Discover(ctx, meta.Options{
		RootPrefix: meta.Value{Path: absolute(string(f.rootPrefix)), Source: "--root-prefix"},
		PkgsDirs:   meta.From("--pkgs-dir", absolutes(f.pkgsDirs)...),
		EnvsDirs:   meta.From("--envs-dir", absolutes(f.envsDirs)...),
		Prefixes:   meta.From("--prefix", absolutes(f.prefixes)...),
		Search:     meta.From("--search", absolutes(f.search)...),
		Gone:       meta.From("--gone", absolutes(f.gone)...),
		AllUsers:   f.allUsers,
	})
	if named := (*meta.NamedError)(nil); errors.As(err, &named) && errors.Is(err, meta.ErrNoEnvironment) {
		err = usageError{told(err) + nearEnvironment(named.Path)}
	}
	return d, err
}

// planOptions are the options of the plan. It may add to the problems of d.
func planOptions(d *meta.Discovery, f *cleanFlags) cache.Options {
	o := cache.Options{
		Look: cache.Look{
			Discovery:        d,
			IgnoreUnreadable: f.ignoreUnreadable,
			Grace:            f.grace.span,
			NothingRuns:      f.root != "",
			Jobs:             f.jobs,
		},
		Targets:       f.targets(),
		EvenLinked:    f.evenLinked || f.chosen,
		KeepNeeded:    f.keepNeeded && !f.chosen,
		KeepInstalled: f.keepInstalled && !f.chosen,
		Policy:        f.policy(),
		Quarantine:    f.quarantine.of(),
	}
	if slices.Contains(o.Targets, cache.TempFiles) || f.trash { // mamba's *.mamba_trash
		o.TempPaths = f.tempfiles.folders(f, d.Config.RootPrefix.Path)
		// Temp files in a home belong to its owner. A conda in ~/bin, for example, can
		// make a home look like a root prefix: --all does not search it.
		named := append(absolutes(f.tempfiles.paths), absolute(string(f.rootPrefix)))
		o.TempPaths = slices.DeleteFunc(o.TempPaths, func(path string) bool {
			if slices.Contains(named, path) || !holdsHome(path, d.Homes) {
				return false
			}
			d.Problems = append(d.Problems, meta.Problem{Code: cache.CodeNotSearched, Path: path, Err: fmt.Errorf(
				"%s: not searched for temp files, because a home folder is there; to search it, name it with -c", path)})
			return true
		})
	}
	return o
}

// holdsHome says whether a folder is a home or contains one.
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

// folders are searched for temp files: the paths that were given, else the root prefix,
// as in conda. With --pkgs-dir, --all means that cache alone: it searches other folders
// only if they are named too.
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

// absolute makes path absolute. It does not clean the path if that could change its
// meaning: "link/.." is not the folder that contains link. Windows does clean it, and has
// more kinds of absolute paths.
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
