package meta

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

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

func parseCondarc(data []byte, source string) (condarc, error) {
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil // empty, or only comments
		}
		return nil, fmt.Errorf("invalid YAML, the file is ignored: %s", oneLine(err))
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	top := resolve(doc.Content[0])
	if top == nil || isNull(top) {
		return nil, nil
	}
	if top.Kind != yaml.MappingNode {
		return nil, errors.New("no keys and values, the file is ignored")
	}
	rc := condarc{}
	var errs []error
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], resolve(top.Content[i+1])
		if value == nil || isNull(value) {
			continue // conda ignores the key (get_all_matches)
		}
		s := setting{source: source, final: hasFlag(flagFinal, key.LineComment, value.HeadComment, lineCommentOfScalar(value))}
		if name, ok := sequences()[key.Value]; ok {
			if value.Kind != yaml.SequenceNode {
				errs = append(errs, listError(name, key.Value+" is not a list, it is ignored"))
				continue
			}
			for i, n := range value.Content {
				if i == maxNamed {
					errs = append(errs, listError(name, fmt.Sprintf("%s has more than %d items, the others are ignored", key.Value, maxNamed)))
					break
				}
				n = resolve(n)
				if n == nil || n.Kind != yaml.ScalarNode {
					errs = append(errs, listError(name, "an item of "+key.Value+" is not a path, it is ignored"))
					continue
				}
				s.list = append(s.list, item{n.Value, flagOf(n.LineComment)})
			}
			rc[name] = s
		}
		if root := buildRoot(key.Value, value); root != "" {
			s.scalar = root
			rc["conda_build_root"] = s
		}
		if name, ok := primitives()[key.Value]; ok {
			if value.Kind != yaml.ScalarNode {
				errs = append(errs, fmt.Errorf("%s is not a single value, it is ignored", key.Value))
				continue
			}
			s.scalar = value.Value
			rc[name] = s
		}
	}
	if len(errs) == 0 {
		return rc, nil
	}
	return rc, &keyErrors{errs}
}

// buildRoot returns root-dir from the settings of conda-build (_conda_build in
// conda/base/context.py), or "" if key is another, or root-dir is missing.
func buildRoot(key string, value *yaml.Node) string {
	if key != "conda-build" && key != "conda_build" || value.Kind != yaml.MappingNode {
		return ""
	}
	for i := 0; i+1 < len(value.Content); i += 2 {
		if v := resolve(value.Content[i+1]); value.Content[i].Value == "root-dir" && v != nil && v.Kind == yaml.ScalarNode && !isNull(v) {
			return v.Value
		}
	}
	return ""
}

// errEnvsDirs marks errors about folders of environments.
var errEnvsDirs = errors.New("envs_dirs")

func listError(name, text string) error {
	if name == "envs_dirs" {
		return fmt.Errorf("%s%w", text, quiet{errEnvsDirs})
	}
	return errors.New(text)
}

// quiet is an error for errors.Is that adds no text.
type quiet struct{ error }

func (quiet) Error() string   { return "" }
func (q quiet) Unwrap() error { return q.error }

// keyErrors is the errors of single keys in a file, on one line.
type keyErrors struct{ errs []error }

func (k *keyErrors) Unwrap() []error { return k.errs }

func (k *keyErrors) Error() string {
	var texts []string
	for _, err := range k.errs {
		texts = append(texts, err.Error())
	}
	return strings.Join(texts, "; ")
}

// resolve follows an alias. It returns nil for an alias that leads to itself.
func resolve(n *yaml.Node) *yaml.Node {
	for range 8 {
		if n.Kind != yaml.AliasNode {
			return n
		}
		if n.Alias == nil {
			return nil
		}
		n = n.Alias
	}
	return nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func lineCommentOfScalar(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return n.LineComment
	}
	return ""
}

func hasFlag(f flag, comments ...string) bool {
	return slices.ContainsFunc(comments, func(c string) bool { return flagOf(c) == f })
}

// flagOf parses a comment such as "#!final".
func flagOf(comment string) flag {
	line, _, _ := strings.Cut(strings.TrimSpace(comment), "\n")
	switch f := flag(strings.Trim(strings.TrimSpace(line), "!#")); f {
	case flagFinal, flagTop, flagBottom:
		return f
	}
	return ""
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

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
