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

// Value is a path and where it was learned: "/home/u/.condarc",
// "CONDA_PKGS_DIRS", "default". That of a path of Options is what the caller calls it:
// the name of a flag.
type Value struct {
	Path   string
	Source string
	Layout Layout // of a cache
	// Named says that the user named a cache for this run: it is then an error
	// that it is missing or no cache, and not a matter of course.
	Named bool
	// Owner is the UID of the user whose files named this cache, where it was
	// root who asked for the caches of all users: the folder belonged to that
	// user when it was looked at, and is none of root's business if, once
	// opened, it belongs to anybody else. 0 means that there is nothing to
	// check: root's own configuration, or one's own.
	Owner int
	// ID is the identity of the folder of a cache, and Writable that whoever names it
	// may write to it, where the process of that user has looked.
	ID       walk.ID
	Writable bool
	// User is whose files said so; nil is the system's configuration, the
	// invoking user's own, or the command line.
	User *User

	claim claim // of an environment
}

// IsDefault says that nobody named the path: it is where a tool has a cache unless
// it is told otherwise, whether or not the tool was ever there.
func (v Value) IsDefault() bool { return strings.HasPrefix(v.Source, sourceDefault) }

// Layout is the family of caches that a path was named for.
type Layout int

const (
	// CondaPackages is a pkgs folder of conda or mamba.
	CondaPackages Layout = iota
	// RattlerRoot is a cache root of rattler or pixi: the folder that has
	// pkgs, repodata and others in it.
	RattlerRoot
	// RattlerPackages is a pkgs folder of rattler or pixi by itself.
	RattlerPackages
)

// Options are what the user says for this run.
type Options struct {
	RootPrefix Value   // Path "" for none
	PkgsDirs   []Value // the only caches, if there are any
	EnvsDirs   []Value
	Prefixes   []Value
	Search     []Value // folders below which every environment is looked for
	AllUsers   bool    // the caches of every user too; for root
	Gone       []Value // environments that are gone for good, whatever says otherwise
}

// Config is the configuration of conda, mamba, rattler and pixi, merged from
// their files, the environment and the command line.
type Config struct {
	RootPrefix Value   // Path "" when none was found
	PkgsDirs   []Value // where caches may be, in conda's order, then others; they may not exist
	EnvsDirs   []Value
	AlwaysYes  bool
	JSON       bool
	Quiet      bool
	DryRun     bool
	Verbosity  int
	Files      []ConfigFile
	Problems   []Problem // with what other users say
	// SoftLinks is the file or variable that lets environments link into a cache
	// by symlinks, of any user whose configuration can be seen; "" for none.
	SoftLinks string

	places []Value // environments, and where they may be
	builds []Value // folders of conda-build
	pixi   pixiConfig
	roots  []Value      // the system's root prefixes, for root
	homes  []*User      // who else may have a list of environments, for root
	users  []userConfig // of homes
	all    []string     // Host.Homes, for root; nil where nobody has looked

	others map[string]*User  // by home, all who can be asked, where there is an Asker
	asked  []*User           // those of others who are asked
	also   map[*User][]Value // environments below their homes that this user names
}

// ConfigFile is a configuration file that exists.
type ConfigFile struct {
	Path string
	Err  error // what was wrong with it, and so ignored; names Path
	// Hides says that there may be environments that are not known because of
	// it: it may name folders of them.
	Hides bool
}

// Configure finds the root prefix and reads the configuration. The error is of
// wrong usage (ErrUsage) or that of ctx; what is wrong in files is in Files.
func (h Host) Configure(ctx context.Context, o Options) (*Config, error) {
	c := &Config{}
	h.byName = h.homesByName(ctx)
	// A condarc may name the root prefix, and the root prefix may have a
	// condarc: files are read once without it, then, if need be, with it.
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

// addEnvironment adds what CONDA_ variables say: more important than files.
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
			// Whoever meant a dry run gets one.
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
	// conda.base.context.mockable_context_envs_dirs; conda has the first two the
	// other way round where the root prefix cannot be written to.
	c.EnvsDirs = append(c.EnvsDirs, h.defaults(c.RootPrefix.Path, "envs")...)
}

// defaults are the folders with this name, "pkgs" or "envs", that conda has where
// nothing is configured. root is the root prefix, "" for none.
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

// condaData is the third folder that conda has by default on Windows:
// platformdirs.user_data_dir("conda", "conda"); "" elsewhere.
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

// From are paths that the user named, and source what they were named by.
func From(source string, paths ...string) []Value {
	var list []Value
	for _, path := range paths {
		list = append(list, Value{Path: path, Source: source})
	}
	return list
}

// absolute are paths as the user gave them, made absolute.
func absolute(named []Value) []Value {
	list := slices.Clone(named)
	for i := range list {
		if abs, err := filepath.Abs(list[i].Path); err == nil {
			list[i].Path = abs
		}
	}
	return list
}
