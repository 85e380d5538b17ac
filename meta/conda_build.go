package meta

import (
	"path/filepath"
	"slices"
)

// sourceCondaBuild is the source of an environment in which packages are built or tested.
const sourceCondaBuild = "conda-build"

// setBuilds finds the folders in which conda-build may work: Config.croot in
// conda_build/config.py, and everything that Context.croot in conda/base/context.py chooses
// from.
func (h Host) setBuilds(c *Config, settings map[string][]setting) {
	add := func(path string) { c.builds = append(c.builds, Value{Path: path, Source: sourceCondaBuild}) }
	for _, name := range []string{"croot", "bld_path", "conda_build_root"} {
		for _, s := range settings[name] {
			if s.scalar != "" {
				add(h.expand(s.scalar))
			}
		}
	}
	if c.RootPrefix.Path != "" {
		add(filepath.Join(c.RootPrefix.Path, "conda-bld"))
	}
	if h.Home != "" {
		add(filepath.Join(h.Home, "conda-bld"))
	}
}

// inCondaBuild returns where environments may be in a croot:
// <name>_<time>/_h_env_placehold..., _build_env and _test_env... (host_prefix, build_prefix
// and test_prefix in conda_build/config.py). They are at the top of the croot if
// conda-build was told not to make a folder for each build.
func inCondaBuild(croot string) (known []Value, problems []Problem) {
	builds, problems := below(croot, sourceCondaBuild)
	for _, build := range builds {
		if isBuildEnv(build.Path) {
			known = append(known, build)
			continue
		}
		found, bad := below(build.Path, sourceCondaBuild)
		problems = append(problems, bad...)
		for _, v := range found {
			if isBuildEnv(v.Path) {
				known = append(known, v)
			}
		}
	}
	return known, problems
}

// isBuildEnv reports whether path has a name that conda-build gives to environments.
func isBuildEnv(path string) bool {
	ok, _ := filepath.Match("_*_env*", filepath.Base(path)) // the pattern is valid
	return ok
}

// BuildFolders returns the folders in which conda-build may work, each once; they may not
// exist. For root, these are root's own and the system's.
func (c *Config) BuildFolders() []Value {
	list := slices.Clone(c.builds)
	for _, root := range c.roots {
		list = append(list, Value{Path: filepath.Join(root.Path, "conda-bld"), Source: root.Source})
	}
	return unique(list)
}
