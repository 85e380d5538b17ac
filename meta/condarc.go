package meta

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gclean/walk"
	"gclean/walk/open"
)

// maxCondarc is the largest accepted condarc, in bytes. Real ones have about a page.
const maxCondarc = 1 << 20

// flag is a comment that sets the priority of a key or an item (ParameterFlag in
// conda/common/configuration.py).
type flag string

const (
	flagFinal  flag = "final"
	flagTop    flag = "top"
	flagBottom flag = "bottom"
)

// setting is the value that one source gives to a parameter.
type setting struct {
	source string
	final  bool
	scalar string // for a primitive
	list   []item // for a sequence
}

type item struct {
	value string
	flag  flag
}

// condarc has the parameters in one configuration file that gclean needs, by their first
// name.
type condarc map[string]setting

// sequences and primitives return the parameters that gclean needs, with their aliases
// (conda/base/context.py).
func sequences() map[string]string {
	return map[string]string{"pkgs_dirs": "pkgs_dirs", "envs_dirs": "envs_dirs", "envs_path": "envs_dirs"}
}

func primitives() map[string]string {
	return map[string]string{
		"always_yes": "always_yes", "yes": "always_yes", "json": "json", "quiet": "quiet", "dry_run": "dry_run",
		"verbosity": "verbosity", "verbose": "verbosity", "root_prefix": "root_prefix", "root_dir": "root_prefix",
		"allow_softlinks": "allow_softlinks", "always_softlink": "always_softlink", "softlink": "always_softlink",
		"register_envs": "register_envs", "croot": "croot", "bld_path": "bld_path",
	}
}

// readCondarc reads a configuration file. If only single keys are wrong, it returns the
// other keys along with the error.
func readCondarc(b *budget, path string) (condarc, error) {
	data, err := b.readFile(path, maxCondarc)
	if err != nil {
		return nil, err
	}
	rc, err := parseCondarc(data, path)
	if err != nil {
		return rc, fmt.Errorf("%s: %w", path, err)
	}
	return rc, nil
}

// merge merges the lists of several sources, as SequenceLoadedParameter.merge does.
// settings are sorted by importance, the least important first. Items of more important
// sources come first, items with "top" before them, items with "bottom" after all. A
// "final" makes all more important sources ineffective.
func merge(settings []setting) []Value {
	if i := slices.IndexFunc(settings, func(s setting) bool { return s.final }); i >= 0 {
		settings = settings[:i+1]
	}
	var top, bottom, all []Value
	for _, s := range settings {
		top = append(top, s.values(flagTop)...)
	}
	for _, s := range slices.Backward(settings) {
		bottom = append(bottom, s.values(flagBottom)...)
		all = append(all, s.values("")...)
	}
	deduped := unique(append(top, all...))
	slices.Reverse(bottom)
	slices.Reverse(deduped)
	merged := unique(append(bottom, deduped...))
	slices.Reverse(merged)
	return merged
}

// values returns the items with a flag; f "" means all items.
func (s setting) values(f flag) []Value {
	var list []Value
	for _, it := range s.list {
		if f == "" || it.flag == f {
			list = append(list, Value{Path: it.value, Source: s.source})
		}
	}
	return list
}

func unique(list []Value) []Value {
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(v Value) bool {
		again := seen[v.Path]
		seen[v.Path] = true
		return again
	})
}

// primitive returns the effective value: the first final one, or else the last.
func primitive(settings []setting) (setting, bool) {
	for _, s := range settings {
		if s.final {
			return s, true
		}
	}
	if len(settings) == 0 {
		return setting{}, false
	}
	return settings[len(settings)-1], true
}

// boolify parses a boolean as conda does (auxlib/type_coercion.py).
func boolify(s string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "on", "y":
		return true, nil
	case "false", "no", "off", "n", "non", "none", "":
		return false, nil
	}
	if n, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
		return n != 0, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", s)
}

// condarcFiles returns the configuration files that exist, the least important first
// (SEARCH_PATH in conda/base/constants.py and _expand_search_path in
// conda/common/configuration.py).
func (h Host) condarcFiles(root string) []rcFile {
	extra := map[string]string{}
	if root != "" {
		extra["CONDA_ROOT"] = root
	}
	dirs := slices.Clone(h.SystemConfig)
	dirs = append(dirs, "$CONDA_ROOT", "$XDG_CONFIG_HOME/conda", "~/.config/conda", "~/.conda")
	var search []string
	add := func(dir string) { search = append(search, dir+"/.condarc", dir+"/condarc", dir+"/condarc.d/") }
	for _, dir := range dirs {
		add(dir)
	}
	search = append(search, "~/.condarc")
	add("$CONDA_PREFIX")
	search = append(search, "$CONDARC")
	return h.rcFiles(search, extra)
}

// maxRCFiles is how many files of one condarc.d are read.
const maxRCFiles = 100

// rcFile is a configuration file that may exist, or a folder of such files.
type rcFile struct {
	path string
	err  error // why it cannot be read
}

// rcFiles returns the configuration files that exist among the paths in search, and in
// those paths that are folders. Each file counts once, at its least important place.
func (h Host) rcFiles(search []string, extra map[string]string) []rcFile {
	var files []rcFile
	for _, path := range search {
		path = filepath.FromSlash(h.expandUser(h.expandVars(path, extra)))
		if path == "" || strings.ContainsAny(path[:1], "$~") {
			continue // an unknown variable or home
		}
		fi, err := os.Stat(path)
		if err = walk.Reached(path, err); err != nil {
			if !isGone(err) {
				files = append(files, rcFile{path, err})
			}
			continue
		}
		if !fi.IsDir() {
			// conda accepts regular files with these names. If it is something else,
			// reading it will report that.
			base, ext := filepath.Base(path), filepath.Ext(path)
			if base == ".condarc" || base == "condarc" || base == ".mambarc" || base == "mambarc" || isYAML(ext) {
				files = append(files, rcFile{path, nil})
			}
			continue
		}
		files = append(files, rcFilesIn(path)...)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(files, func(f rcFile) bool {
		path := filepath.Clean(f.path)
		again := seen[path]
		seen[path] = true
		return again
	})
}

// rcFilesIn returns the configuration files in a condarc.d. The last one may have an error
// about the folder.
func rcFilesIn(dir string) []rcFile {
	names, err := open.Names(dir)
	if err != nil {
		if err = walk.Reached(dir, err); isGone(err) {
			return nil
		}
		return []rcFile{{dir, err}}
	}
	var files []rcFile
	slices.Sort(names)
	for _, name := range names {
		file := filepath.Join(dir, name)
		if !isYAML(filepath.Ext(name)) || isDir(file) {
			continue
		}
		if len(files) == maxRCFiles {
			return append(files, rcFile{dir, fmt.Errorf("%s: it has more than %d files, the others are ignored", dir, maxRCFiles)})
		}
		files = append(files, rcFile{file, nil})
	}
	return files
}

func isYAML(ext string) bool { return ext == ".yml" || ext == ".yaml" }
