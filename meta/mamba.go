package meta

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// addMamba adds the caches and folders of environments that mamba and micromamba know, but
// conda does not (libmamba/src/api/configuration.cpp). condarc are the settings that conda
// found, which mamba reads too.
func (h Host) addMamba(c *Config, o Options, condarc map[string][]setting) {
	roots := h.mambaRoots(c.RootPrefix.Path)
	files, settings := readSettings(h.mambarcFiles(roots, c))
	c.Files = append(c.Files, files...)
	h.addMambaVariables(settings)
	h.setMambaLinks(c, settings, condarc)
	envs := merge(settings["envs_dirs"])
	c.Problems = append(c.Problems, h.strangers(envs)...)
	c.EnvsDirs = append(c.EnvsDirs, h.expandAll(envs)...)
	for _, root := range roots {
		c.places = append(c.places, root)
		c.EnvsDirs = append(c.EnvsDirs, Value{Path: filepath.Join(root.Path, "envs"), Source: root.Source})
		c.builds = append(c.builds, Value{Path: filepath.Join(root.Path, "conda-bld"), Source: sourceCondaBuild})
	}
	if len(o.PkgsDirs) > 0 {
		return
	}
	c.PkgsDirs = append(c.PkgsDirs, h.expandAll(merge(settings["pkgs_dirs"]))...)
	// mamba's shards are here, independent of pkgs_dirs (user_conda_cache_root in
	// libmamba/src/api/clean.cpp).
	if dir := h.cacheHome(); dir != "" && isDir(filepath.Join(dir, "conda")) {
		c.PkgsDirs = append(c.PkgsDirs, Value{Path: filepath.Join(dir, "conda"), Source: sourceDefault})
	}
	if len(settings["pkgs_dirs"]) == 0 && len(condarc["pkgs_dirs"]) == 0 {
		c.PkgsDirs = append(c.PkgsDirs, h.mambaDefaults(roots)...)
	}
}

// addMambaVariables adds the values of MAMBA_ variables (set_env_var_names).
func (h Host) addMambaVariables(settings map[string][]setting) {
	for _, name := range []string{"allow_softlinks", "always_softlink", "register_envs"} {
		variable := "MAMBA_" + strings.ToUpper(name)
		if v := h.env(variable); v != "" {
			settings[name] = append(settings[name], setting{source: variable, scalar: v})
		}
	}
}

// setMambaLinks is setLinks for mamba, for which the files that conda reads are less
// important than its own.
func (h Host) setMambaLinks(c *Config, settings, condarc map[string][]setting) {
	links := map[string][]setting{"allow_softlinks": settings["allow_softlinks"], "always_softlink": settings["always_softlink"]}
	if own := settings["register_envs"]; len(own) > 0 {
		links["register_envs"] = slices.Concat(condarc["register_envs"], own)
	}
	h.setLinks(c, links)
}

// mambaRoots returns the root prefixes that mamba may use and that exist (get_root_prefix):
// the one that a variable names, or both usual ones.
func (h Host) mambaRoots(conda string) []Value {
	var list []Value
	add := func(path, source string) bool {
		if path == "" {
			return false
		}
		if path = h.expand(path); path != conda && mayBeDir(path) {
			list = append(list, Value{Path: path, Source: source})
		}
		return true
	}
	if add(h.env("MAMBA_ROOT_PREFIX"), "MAMBA_ROOT_PREFIX") || add(h.env("MAMBA_DEFAULT_ROOT_PREFIX"), "MAMBA_DEFAULT_ROOT_PREFIX") {
		return list
	}
	data := h.env("XDG_DATA_HOME")
	if data == "" {
		if data = h.below(".local", "share"); runtime.GOOS == "windows" {
			data = h.env("APPDATA")
		}
	}
	add(h.below("micromamba"), "default of mamba")
	if data != "" {
		add(filepath.Join(data, "mamba"), "default of mamba")
	}
	return unique(list)
}

// mambaDefaults returns the existing default caches, for when no file names any
// (fallback_pkgs_dirs_hook).
func (h Host) mambaDefaults(roots []Value) []Value {
	var list []Value
	add := func(path string) {
		if path != "" && isDir(path) {
			list = append(list, Value{Path: path, Source: "default of mamba"})
		}
	}
	for _, root := range roots {
		add(filepath.Join(root.Path, "pkgs"))
	}
	add(h.below(".mamba", "pkgs"))
	if appdata := h.env("APPDATA"); appdata != "" && runtime.GOOS == "windows" {
		add(filepath.Join(appdata, ".mamba", "pkgs"))
	}
	return list
}

// mambarcFiles returns the configuration files that mamba reads but conda does not, the
// least important first (compute_default_rc_sources).
func (h Host) mambarcFiles(roots []Value, c *Config) []rcFile {
	var search []string
	for _, dir := range h.SystemConfig {
		search = append(search, dir+"/.mambarc")
	}
	extra := map[string]string{} // a root's path may contain a "$", so use a variable for it
	if c.RootPrefix.Path != "" {
		extra["CONDA_ROOT"] = c.RootPrefix.Path
		search = append(search, "$CONDA_ROOT/.mambarc")
	}
	for i, root := range roots {
		variable := fmt.Sprintf("MAMBA_ROOT_%d", i)
		extra[variable] = root.Path
		for _, name := range []string{"/.condarc", "/condarc", "/condarc.d", "/.mambarc"} {
			search = append(search, "$"+variable+name)
		}
	}
	for _, dir := range []string{"$XDG_CONFIG_HOME/mamba", "~/.config/mamba", "~/.mamba"} {
		for _, name := range []string{"/.mambarc", "/mambarc", "/mambarc.d"} {
			search = append(search, dir+name)
		}
	}
	search = append(search, "~/.mambarc", "$MAMBARC", "$CONDA_PREFIX/.mambarc")
	// conda's files were read before.
	return slices.DeleteFunc(h.rcFiles(search, extra), func(rc rcFile) bool {
		return slices.ContainsFunc(c.Files, func(f ConfigFile) bool { return f.Path == rc.path })
	})
}
