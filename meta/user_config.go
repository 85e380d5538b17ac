package meta

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"gclean/internal/order"
)

// userConfig is the content of one user's configuration files.
type userConfig struct {
	host      Host
	caches    []Value
	envs      []Value // folders of environments
	places    []Value // environments
	builds    []Value // folders of conda-build
	pixi      pixiConfig
	files     []ConfigFile
	problems  []Problem
	softLinks string // see Config
}

// userConfig reads the files in a home, and the system's files for paths with "~" and
// "$USER" in them. shared are the system's root prefixes.
func (h Host) userConfig(shared []Value) userConfig {
	u := userConfig{host: h}
	// Which installation in a home is in use depends on variables, so all of them count.
	for _, root := range h.UsualRoots {
		if path := h.expandUser(root); root[0] == '~' && path[0] != '~' && mayBeRoot(path) {
			u.places = append(u.places, Value{Path: filepath.Clean(path), Source: "usual place"})
		}
	}
	roots := slices.Concat(u.places, shared)
	if len(roots) == 0 {
		roots = append(roots, Value{})
	}
	for _, root := range roots {
		h.readRoot(&u, root)
	}
	var files []ConfigFile
	u.pixi, files = h.pixi(&budget{maxConfiguration})
	u.files = append(u.files, files...)
	u.caches = unique(append(u.caches, u.pixi.caches...))
	u.envs, u.places, u.builds = unique(u.envs), unique(u.places), unique(u.builds)
	for _, list := range [][]Value{u.caches, u.envs, u.places, u.builds} {
		for i := range list {
			list[i].User = h.user
		}
	}
	u.files = slices.DeleteFunc(u.files, func(f ConfigFile) bool { return h.ofSystem(f.Path) })
	order.Stable(u.files, func(a, b ConfigFile) int { return cmp.Compare(a.Path, b.Path) })
	u.files = slices.CompactFunc(u.files, func(a, b ConfigFile) bool { return a.Path == b.Path })
	u.problems = onceEach(u.problems)
	return u
}

// readRoot adds what conda and mamba read for one root prefix.
func (h Host) readRoot(u *userConfig, root Value) {
	files, settings := h.readFiles(root.Path)
	c := &Config{RootPrefix: root, Files: files}
	h.setDirs(c, Options{}, settings)
	h.setLinks(c, settings)
	h.addMamba(c, Options{}, settings)
	u.caches, u.envs = append(u.caches, c.PkgsDirs...), append(u.envs, c.EnvsDirs...)
	u.places, u.builds = append(u.places, c.places...), append(u.builds, c.builds...)
	u.files, u.problems = append(u.files, c.Files...), append(u.problems, c.Problems...)
	u.softLinks = cmp.Or(u.softLinks, c.SoftLinks)
}

// ofSystem reports whether a configuration file is the system's.
func (h Host) ofSystem(path string) bool {
	return path == h.SystemPixi || slices.ContainsFunc(h.SystemConfig, func(dir string) bool {
		return strings.HasPrefix(filepath.ToSlash(path), filepath.ToSlash(dir)+"/")
	})
}

// find returns where the environments of a user may be, outside the folders in known, which
// are read for everybody.
func (u *userConfig) find(known map[string]bool) (found []Value, problems []Problem) {
	found = append(found, u.places...)
	add := func(more []Value, bad []Problem) { found, problems = append(found, more...), append(problems, bad...) }
	for i, dir := range u.envs {
		if i == maxNamed {
			problems = append(problems, tooMany(dir))
			break
		}
		if !known[dir.Path] {
			add(below(dir.Path, dir.Source))
		}
	}
	for i, dir := range u.builds {
		if i == maxNamed {
			problems = append(problems, tooMany(dir))
			break
		}
		if !known[dir.Path] {
			add(inCondaBuild(dir.Path))
		}
	}
	add(u.host.pixiPlaces(u.pixi, &budget{maxConfiguration}))
	for i := range found {
		found[i].User = u.host.user
	}
	for i := range problems {
		problems[i].User = u.host.user
	}
	return found, problems
}
