package meta

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"gclean/walk"
)

// Value is a path and its source, the place that named it: "/home/u/.condarc",
// "CONDA_PKGS_DIRS", "default". For a path from Options, the source is the caller's name
// for it, such as a flag.
type Value struct {
	Path   string
	Source string
	Layout Layout // of a cache
	// Named says that the user named the cache for this run: then it is an error if it is
	// missing or is not a cache.
	Named bool
	// Owner is the UID of the user whose files named this cache, if root cleans the caches
	// of all users. The folder belonged to that user when it was found. If it belongs to
	// somebody else when it is opened, root must not touch it. 0 means that there is
	// nothing to check: root's own configuration, or the user's own.
	Owner int
	// ID is the identity of a cache's folder, and Writable says that the user who names it
	// may write to it. The process of that user sets them.
	ID       walk.ID
	Writable bool
	// User is whose files named it; nil means the system's configuration, the invoking
	// user's own, or the command line.
	User *User

	claim claim // of an environment
}

// IsDefault reports whether nothing named the path: it is where a tool has a cache by
// default, even if the tool was never used.
func (v Value) IsDefault() bool { return strings.HasPrefix(v.Source, sourceDefault) }

// Layout is the family of caches that a path was named for.
type Layout int

const (
	// CondaPackages is a pkgs folder of conda or mamba.
	CondaPackages Layout = iota
	// RattlerRoot is a cache root of rattler or pixi: the folder that contains pkgs,
	// repodata and others.
	RattlerRoot
	// RattlerPackages is a pkgs folder of rattler or pixi alone.
	RattlerPackages
)

// Options are the user's choices for this run.
type Options struct {
	RootPrefix Value   // its Path is "" if not given
	PkgsDirs   []Value // if given, the only caches
	EnvsDirs   []Value
	Prefixes   []Value
	Search     []Value // folders below which to search for environments
	AllUsers   bool    // also the caches of all users; only for root
	Gone       []Value // environments that no longer exist, even if something names them
}

// Config is the configuration of conda, mamba, rattler and pixi, merged from their files,
// the environment and the command line.
type Config struct {
	RootPrefix Value   // its Path is "" if none was found
	PkgsDirs   []Value // where caches may be, in conda's order, then others; they may not exist
	EnvsDirs   []Value
	AlwaysYes  bool
	JSON       bool
	Quiet      bool
	DryRun     bool
	Verbosity  int
	Files      []ConfigFile
	Problems   []Problem // problems in other users' configuration
	// SoftLinks is the file or variable that allows environments to link into a cache by
	// symlinks. It may belong to any user whose configuration can be read; "" for none.
	SoftLinks string

	places []Value // environments, and folders that may be environments
	builds []Value // folders of conda-build
	pixi   pixiConfig
	roots  []Value      // the system's root prefixes; for root only
	homes  []*User      // other users who may have a list of environments; for root only
	users  []userConfig // configurations of homes
	all    []string     // Host.Homes, for root; nil if not read yet

	others map[string]*User  // all users who can be asked, by home; set if there is an Asker
	asked  []*User           // those of others who are asked
	also   map[*User][]Value // environments below their homes that this user names
}

// ConfigFile is a configuration file that exists.
type ConfigFile struct {
	Path string
	Err  error // what was wrong with it and is ignored; contains Path
	// Hides says that some environments may be unknown because of the error: the file may
	// name folders of environments.
	Hides bool
}

// Configure finds the root prefix and reads the configuration. It returns an error only for
// wrong usage (ErrUsage), or if ctx ends. What is wrong in files is in Files.
func (h Host) Configure(ctx context.Context, o Options) (*Config, error) {
	c := &Config{}
	h.byName = h.homesByName(ctx)
	// A condarc may name the root prefix, and the root prefix may have a condarc. So read
	// the files first without it, and if needed again with it.
	files, settings := h.readFiles("")
	root, problems, err := h.findRoot(o, settings["root_prefix"])
	if err != nil {
		return nil, err
	}
	c.Problems = problems
	c.RootPrefix = root
	if root.Path != "" {
		files, settings = h.readFiles(root.Path)
	}
	c.Files = files
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h.addEnvironment(settings)
	c.setPrimitives(settings)
	h.setDirs(c, o, settings)
	h.setLinks(c, settings)
	h.addMamba(c, o, settings)
	b := &budget{maxConfiguration}
	var pixiFiles []ConfigFile
	c.pixi, pixiFiles = h.pixi(b)
	c.Files = append(c.Files, pixiFiles...)
	if len(o.PkgsDirs) == 0 {
		c.PkgsDirs = append(c.PkgsDirs, c.pixi.caches...)
	}
	c.PkgsDirs, c.EnvsDirs = unique(c.PkgsDirs), unique(c.EnvsDirs)
	return c, h.addUsers(ctx, c, o)
}

// AsksJSON reports whether conda's configuration asks for JSON. Unlike Configure, it looks at
// nothing of other users.
func (h Host) AsksJSON(ctx context.Context, o Options) bool {
	h.byName = h.homesByName(ctx)
	_, settings := h.readFiles("")
	if root, _, err := h.findRoot(o, settings["root_prefix"]); err == nil && root.Path != "" {
		_, settings = h.readFiles(root.Path)
	}
	h.addEnvironment(settings)
	c := &Config{}
	c.setPrimitives(settings)
	return c.JSON
}

func (h Host) readFiles(root string) ([]ConfigFile, map[string][]setting) {
	return readSettings(h.condarcFiles(root))
}

func readSettings(found []rcFile) ([]ConfigFile, map[string][]setting) {
	var files []ConfigFile
	settings := map[string][]setting{}
	b := &budget{maxConfiguration}
	for _, f := range found {
		rc, err := condarc(nil), f.err
		if err == nil {
			rc, err = readCondarc(b, f.path)
		}
		files = append(files, ConfigFile{f.path, err, err != nil && (rc == nil || errors.Is(err, errEnvsDirs))})
		for name, s := range rc {
			settings[name] = append(settings[name], s)
		}
	}
	return files, settings
}

// addEnvironment adds the values of CONDA_ variables, which are more important than files.
func (h Host) addEnvironment(settings map[string][]setting) {
	if h.Getenv == nil {
		return
	}
	add := func(variable, name, separator string) {
		v, ok := h.Getenv(variable)
		if !ok {
			return
		}
		s := setting{source: variable}
		for part := range strings.SplitSeq(v, separator) {
			if part = strings.TrimSpace(part); part != "" {
				s.list = append(s.list, item{value: part})
			}
		}
		settings[name] = append(settings[name], s)
	}
	add("CONDA_PKGS_DIRS", "pkgs_dirs", ",")
	add("CONDA_ENVS_PATH", "envs_dirs", string(os.PathListSeparator))
	add("CONDA_ENVS_DIRS", "envs_dirs", string(os.PathListSeparator))
	for _, p := range []struct{ variable, name string }{
		{"CONDA_YES", "always_yes"}, {"CONDA_ALWAYS_YES", "always_yes"}, {"CONDA_JSON", "json"}, {"CONDA_QUIET", "quiet"},
		{"CONDA_ALLOW_SOFTLINKS", "allow_softlinks"}, {"CONDA_SOFTLINK", "always_softlink"}, {"CONDA_ALWAYS_SOFTLINK", "always_softlink"},
		{"CONDA_REGISTER_ENVS", "register_envs"}, {"CONDA_CROOT", "croot"}, {"CONDA_BLD_PATH", "bld_path"},
		{"CONDA_DRY_RUN", "dry_run"}, {"CONDA_VERBOSE", "verbosity"}, {"CONDA_VERBOSITY", "verbosity"},
	} {
		if v, ok := h.Getenv(p.variable); ok {
			value, _, final := strings.Cut(v, "!important")
			settings[p.name] = append(settings[p.name], setting{source: p.variable, final: final, scalar: value})
		}
	}
}

func (c *Config) setPrimitives(settings map[string][]setting) {
	for name, field := range map[string]*bool{"always_yes": &c.AlwaysYes, "json": &c.JSON, "quiet": &c.Quiet, "dry_run": &c.DryRun} {
		s, ok := primitive(settings[name])
		if !ok {
			continue
		}
		v, err := boolify(s.scalar)
		if err != nil {
			c.Files = append(c.Files, ConfigFile{Path: s.source, Err: fmt.Errorf("%s: %s: %w", s.source, name, err)})
			// A user who meant a dry run gets one.
			v = name == "dry_run"
		}
		*field = v
	}
	if s, ok := primitive(settings["verbosity"]); ok {
		if n, err := strconv.Atoi(strings.TrimSpace(s.scalar)); err == nil {
			c.Verbosity = n
		} else if v, err := boolify(s.scalar); err == nil && v {
			c.Verbosity = 1
		}
	}
}

func (h Host) setDirs(c *Config, o Options, settings map[string][]setting) {
	if len(o.PkgsDirs) > 0 {
		c.PkgsDirs = absolute(o.PkgsDirs)
		for i := range c.PkgsDirs {
			c.PkgsDirs[i].Named = true
		}
	} else if c.PkgsDirs = h.expandAll(merge(settings["pkgs_dirs"])); len(c.PkgsDirs) == 0 {
		c.PkgsDirs = h.defaults(c.RootPrefix.Path, "pkgs") // conda.base.context.pkgs_dirs
	}
	h.setBuilds(c, settings)
	envs := merge(settings["envs_dirs"])
	c.Problems = append(c.Problems, h.strangers(envs)...)
	c.EnvsDirs = append(absolute(o.EnvsDirs), h.expandAll(envs)...)
	// conda.base.context.mockable_context_envs_dirs. If the root prefix is not writable,
	// conda has the first two in the other order.
	c.EnvsDirs = append(c.EnvsDirs, h.defaults(c.RootPrefix.Path, "envs")...)
}

// defaults returns conda's default folders of this name, "pkgs" or "envs". root is the root
// prefix, or "".
func (h Host) defaults(root, name string) []Value {
	var list []Value
	if root != "" {
		list = append(list, Value{Path: filepath.Join(root, name), Source: sourceDefault})
	}
	if h.Home != "" {
		list = append(list, Value{Path: filepath.Join(h.Home, ".conda", name), Source: sourceDefault})
	}
	if dir := h.condaData(); dir != "" {
		list = append(list, Value{Path: filepath.Join(dir, name), Source: sourceDefault})
	}
	return list
}

// condaData returns conda's third default folder on Windows,
// platformdirs.user_data_dir("conda", "conda"); "" on other systems.
func (h Host) condaData() string {
	local := h.env("LOCALAPPDATA")
	if runtime.GOOS != "windows" || !filepath.IsAbs(local) {
		return ""
	}
	return filepath.Join(local, "conda", "conda")
}

func (h Host) expandAll(list []Value) []Value {
	for i := range list {
		list[i].Path = h.expand(list[i].Path)
	}
	return list
}

// From returns paths that the user named. source is how they were named.
func From(source string, paths ...string) []Value {
	var list []Value
	for _, path := range paths {
		list = append(list, Value{Path: path, Source: source})
	}
	return list
}

// absolute returns paths from the user, made absolute.
func absolute(named []Value) []Value {
	list := slices.Clone(named)
	for i := range list {
		if abs, err := filepath.Abs(list[i].Path); err == nil {
			list[i].Path = abs
		}
	}
	return list
}
