package meta

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// pixiConfig is what gclean needs of one user's configuration of pixi
// (crates/pixi_config/src/lib.rs).
type pixiConfig struct {
	home     string  // PIXI_HOME, or ~/.pixi
	caches   []Value // caches that pixi and rattler use now
	roots    []Value // all cache roots, named or default
	detached []Value // folders of detached environments
	cached   []Value // folders of environments for "pixi exec" and for builds
}

// pixiFile is the content of one config.toml.
type pixiFile struct {
	root     string // cache.root
	packages string // cache.conda-packages
	detached []string
	cached   []string
}

const maxPixiFile = 1 << 20 // in bytes

// pixi reads pixi's configuration files, the least important first.
func (h Host) pixi(b *budget) (pixiConfig, []ConfigFile) {
	c := pixiConfig{home: h.pixiHome()}
	var files []ConfigFile
	var root, packages Value
	for _, path := range h.pixiFiles() {
		f, err := h.readPixiFile(b, path)
		if err != nil && isGone(err) {
			continue
		}
		files = append(files, ConfigFile{path, err, err != nil})
		if f.root != "" {
			root = Value{Path: f.root, Source: path, Layout: RattlerRoot}
			c.roots = append(c.roots, root)
		}
		if f.packages != "" {
			packages = Value{Path: f.packages, Source: path, Layout: RattlerPackages}
		}
		c.addFolders(f, path)
	}
	c.setCaches(h, root, packages)
	for _, v := range []string{"PIXI_CACHE_EXEC_ENVIRONMENTS_DIR", "PIXI_CACHE_BUILD_TOOL_ENVIRONMENTS_DIR", "PIXI_CACHE_DETACHED_ENVIRONMENTS_DIR"} {
		if dir := h.env(v); filepath.IsAbs(dir) {
			c.cached = append(c.cached, Value{Path: filepath.Clean(dir), Source: v})
		}
	}
	return c, files
}

func (c *pixiConfig) addFolders(f pixiFile, source string) {
	for _, dir := range f.detached {
		c.detached = append(c.detached, Value{Path: dir, Source: source})
	}
	for _, dir := range f.cached {
		c.cached = append(c.cached, Value{Path: dir, Source: source})
	}
}

// setCaches finds the cache roots that pixi and rattler use now, in their order
// (resolve_cache_root in pixi_config/src/lib.rs, default_cache_dir in
// rattler_cache/src/lib.rs). It also finds those that they may have used before. root and
// packages come from the configuration.
func (c *pixiConfig) setCaches(h Host, root, packages Value) {
	variable := func(name string) Value {
		if v := h.env(name); v != "" {
			if abs, err := filepath.Abs(v); err == nil {
				return Value{Path: abs, Source: name, Layout: RattlerRoot}
			}
		}
		return Value{}
	}
	inPixi, inRattler := variable("PIXI_CACHE_DIR"), variable("RATTLER_CACHE_DIR")
	c.roots = append(c.roots, inPixi, inRattler)
	var xdg, usual Value
	if dir := h.cacheHome(); dir != "" {
		// The documentation says "pixi". The code uses ".pixi", unless it was built
		// otherwise (PIXI_DIR in pixi_consts/src/consts.rs).
		for _, name := range []string{"pixi", ".pixi"} {
			if path := filepath.Join(dir, name); mayBeDir(path) {
				xdg = Value{Path: path, Source: "default of pixi", Layout: RattlerRoot}
				c.roots = append(c.roots, xdg)
			}
		}
		if path := filepath.Join(dir, "rattler", "cache"); mayBeDir(path) {
			usual = Value{Path: path, Source: "default of rattler", Layout: RattlerRoot}
			c.roots = append(c.roots, usual)
		}
	}
	if dir := h.env("PIXI_CACHE_CONDA_PACKAGES_DIR"); filepath.IsAbs(dir) {
		packages = Value{Path: filepath.Clean(dir), Source: "PIXI_CACHE_CONDA_PACKAGES_DIR", Layout: RattlerPackages}
	}
	c.caches = unique(given(packages, first(inPixi, inRattler, root, xdg, usual), first(inRattler, usual)))
	c.roots = append(unique(given(c.roots...)), h.nodeLocal()...)
}

// nodeLocal returns the cache roots that pixi puts on a local disk if its cache is on a
// network file system (node_local_scratch_dir). Environments in them may be soft-linked
// into the cache.
func (h Host) nodeLocal() []Value {
	user := "pixi"
	for _, name := range []string{"USERNAME", "USER"} {
		if v := h.env(name); v != "" && filepath.Base(v) == v {
			user = v
		}
	}
	var list []Value
	for _, name := range []string{"SLURM_TMPDIR", "PBS_JOBFS", "SCRATCH", "TMPDIR", ""} {
		dir := "/tmp"
		if name != "" {
			dir = h.env(name)
		}
		if path := filepath.Join(dir, "pixi-cache-"+user); filepath.IsAbs(dir) && mayBeDir(path) {
			list = append(list, Value{Path: path, Source: "default of pixi", Layout: RattlerRoot})
		}
	}
	return unique(list)
}

// first returns the first value that has a path.
func first(values ...Value) Value {
	for _, v := range values {
		if v.Path != "" {
			return v
		}
	}
	return Value{}
}

// given returns the values that have a path.
func given(values ...Value) []Value {
	var list []Value
	for _, v := range values {
		if v.Path != "" {
			list = append(list, v)
		}
	}
	return list
}

// pixiHome returns PIXI_HOME, or ~/.pixi if it is not set.
func (h Host) pixiHome() string {
	if dir := h.env("PIXI_HOME"); dir != "" {
		if abs, err := filepath.Abs(dir); err == nil {
			return abs
		}
	}
	if h.Home == "" {
		return ""
	}
	return filepath.Join(h.Home, ".pixi")
}

// pixiFiles returns the paths of pixi's configuration files, the least important first;
// they may not exist (config_path_system and config_path_global in pixi_config/src/lib.rs).
func (h Host) pixiFiles() []string {
	var list []string
	add := func(dir string, below ...string) {
		if filepath.IsAbs(dir) {
			list = append(list, filepath.Join(append([]string{dir}, below...)...))
		}
	}
	add(h.SystemPixi)
	for _, dir := range h.configHomes() {
		add(dir, "pixi", "config.toml")
	}
	if h.Home != "" {
		add(h.Home, ".pixi", "config.toml")
	}
	add(h.pixiHome(), "config.toml")
	add(h.env("PIXI_CONFIG_FILE"))
	seen := map[string]int{}
	for i, path := range list {
		seen[path] = i
	}
	var files []string
	for i, path := range list {
		if seen[path] == i {
			files = append(files, path)
		}
	}
	return files
}

// configHomes returns the folders of configuration files (dirs::config_dir of Rust, and
// XDG_CONFIG_HOME on all systems).
func (h Host) configHomes() []string {
	var dirs []string
	switch {
	case h.Home == "":
	case runtime.GOOS == "darwin":
		dirs = append(dirs, filepath.Join(h.Home, ".config"), filepath.Join(h.Home, "Library", "Application Support"))
	case runtime.GOOS == "windows":
		dirs = append(dirs, filepath.Join(h.Home, ".config"), h.env("APPDATA"))
	default:
		dirs = append(dirs, filepath.Join(h.Home, ".config"))
	}
	return append(dirs, h.env("XDG_CONFIG_HOME"))
}

// cacheHome returns the folder of caches (dirs::cache_dir of Rust), or "" if unknown.
func (h Host) cacheHome() string {
	var dir string
	switch runtime.GOOS {
	case "windows":
		dir = h.env("LOCALAPPDATA")
	case "darwin":
		dir = h.below("Library", "Caches")
	default:
		if dir = h.env("XDG_CACHE_HOME"); !filepath.IsAbs(dir) {
			dir = h.below(".cache")
		}
	}
	if !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Clean(dir)
}

// below returns a path in the home, or "" without a home.
func (h Host) below(elem ...string) string {
	if h.Home == "" {
		return ""
	}
	return filepath.Join(append([]string{h.Home}, elem...)...)
}

func (h Host) readPixiFile(b *budget, path string) (pixiFile, error) {
	data, err := b.readFile(path, maxPixiFile)
	if err != nil {
		return pixiFile{}, err
	}
	f, err := parsePixiFile(data, h.Home)
	if err != nil {
		return f, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// parsePixiFile parses a config.toml of pixi. Paths must be absolute or begin with "~";
// variables are not expanded (docs/reference/pixi_configuration.md).
func parsePixiFile(data []byte, home string) (pixiFile, error) {
	var f pixiFile
	h := Host{Home: home}
	err := scanTOML(data, func(key []string, v tomlValue) error {
		name := strings.Join(key, ".")
		switch name {
		case "detached-environments":
			// true means <cache root>/envs, which is read in any case
			if v.isBool {
				return nil
			}
		case "cache.root", "cache.conda-packages", "cache.exec-environments", "cache.build-tool-environments", "cache.detached-environments":
		default:
			return nil
		}
		path, err := h.tomlPath(v)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		switch name {
		case "cache.root":
			f.root = path
		case "cache.conda-packages":
			f.packages = path
		case "detached-environments", "cache.detached-environments":
			f.detached = appendSome(f.detached, path)
		default:
			f.cached = appendSome(f.cached, path)
		}
		return nil
	})
	var keys *keyErrors
	if err != nil && !errors.As(err, &keys) {
		return pixiFile{}, err
	}
	return f, err
}

// maxNamed is how many folders of a kind one file or user may name.
const maxNamed = 1000

func appendSome(list []string, path string) []string {
	if len(list) < maxNamed {
		list = append(list, path)
	}
	return list
}

// tomlPath returns the path in a TOML value.
func (h Host) tomlPath(v tomlValue) (string, error) {
	if !v.isString {
		return "", errors.New("not a path, it is ignored")
	}
	path := h.expandUser(v.text)
	if !isPath(path) {
		return "", errors.New("not an absolute path, ignored")
	}
	return filepath.Clean(path), nil
}

// isPath reports whether a text can be an absolute path.
func isPath(s string) bool {
	return len(s) <= maxPath && filepath.IsAbs(s) && !strings.ContainsRune(s, 0)
}
