package dockerlint

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// settings are the settings of a stage when an instruction runs.
type settings struct {
	vars  map[string]string // ENV and ARG
	shell bool              // RUN uses a shell that is understood
	// windows says that the image is of Windows, whose default shell is cmd.
	windows bool
	dir     string
	home    string
	// roots are known root prefixes, whose caches are in pkgs.
	roots []string
	// pkgs are caches that a configuration names.
	pkgs []string
	// inline are caches that variables of a single command named.
	inline []string
	// yes says that conda answers "yes" itself, or may do so.
	yes bool
	// gclean says that gclean is in the stage.
	gclean bool
}

func newSettings() *settings {
	return &settings{vars: map[string]string{}, shell: true, dir: "/", home: "/root"}
}

// clone is the initial state of a stage that is built on this one.
func (s *settings) clone() *settings {
	c := *s
	c.vars = maps.Clone(s.vars)
	c.roots, c.pkgs, c.inline = slices.Clone(s.roots), slices.Clone(s.pkgs), slices.Clone(s.inline)
	return &c
}

// base applies what is known about an image by its name.
func (s *settings) base(image string) {
	image = strings.ToLower(image)
	s.windows = strings.Contains(image, "windows") || strings.Contains(image, "nanoserver") || strings.Contains(image, "servercore")
	for _, name := range []string{"conda", "mamba", "miniforge"} {
		if strings.Contains(image, name) {
			s.addRoot("/opt/conda")
		}
	}
}

func (s *settings) addRoot(dir string) {
	if dir = path.Clean(dir); strings.HasPrefix(dir, "/") && dir != "/" && !slices.Contains(s.roots, dir) {
		s.roots = append(s.roots, dir)
	}
}

// set handles a variable of ENV, ARG or a script.
func (s *settings) set(name, value string) {
	value = bounded(name, value)
	s.vars[name] = value
	switch name {
	case "MAMBA_ROOT_PREFIX", "CONDA_ROOT", "CONDA_DIR", "CONDA_HOME", "CONDA_ROOT_PREFIX":
		s.addRoot(value)
	case "HOME":
		s.home = value
	case "PATH":
		for _, dir := range strings.Split(value, ":") {
			if root := strings.TrimSuffix(strings.TrimSuffix(dir, "/bin"), "/condabin"); root != dir && isRootName(path.Base(root)) {
				s.addRoot(root)
			}
		}
	}
}

// with are the settings of a command that gets these variables in addition. Its inline
// has only what they name.
func (s *settings) with(env map[string]string) *settings {
	c := s
	for _, name := range []string{"CONDA_PKGS_DIRS", "CONDA_PKGS_PATH", "RATTLER_CACHE_DIR", "PIXI_CACHE_DIR", "XDG_CACHE_HOME", "MAMBA_ROOT_PREFIX", "HOME"} {
		if env[name] == "" {
			continue
		}
		if c == s {
			c = s.clone()
			c.inline = nil
		}
		c.set(name, env[name])
		c.inline = append(c.caches(condaFamily), c.caches(rattlerFamily)...)
	}
	return c
}

// notice applies what a command of a RUN sets for later commands.
func (s *settings) notice(c *command) {
	name, args := c.name(), c.argv[1:]
	if isConfig(c.wrote) {
		s.configured(strings.Join(args, " ") + "\n" + c.input)
	}
	switch {
	case isConda(name):
		verb, rest := verbOf(args)
		if verb == "config" {
			for i, arg := range rest[:max(0, len(rest)-1)] {
				switch arg {
				case "always_yes":
					s.yes = true
				case "pkgs_dirs":
					s.pkgs = append(s.pkgs, rest[i+1])
				}
			}
		}
		if root := valueOf(args, "-r", "--root-prefix"); root != "" {
			s.addRoot(s.absolute(root))
		}
	case slices.ContainsFunc(append([]string{name}, args...), isInstaller):
		if prefix := valueOf(args, "-p", "-bp", "-fbp", "-bfp", "-ubp", "-bup"); prefix != "" {
			s.addRoot(s.absolute(prefix))
		}
	case name == "ln":
		if n := len(args); n > 2 && path.Base(args[n-1]) == "pkgs" { // a link to the cache
			s.inline = append(s.inline, s.absolute(args[n-2]))
		}
	case name == "sed" || name == "tee" || name == "cp" || name == "mv":
		if slices.ContainsFunc(args, isConfig) {
			s.configured(c.input)
		}
	}
}

// isConfig says whether a file configures conda or mamba.
func isConfig(name string) bool {
	return strings.Contains(name, "condarc") || strings.Contains(name, "mambarc")
}

// pkgsDirs matches the value of pkgs_dirs in a condarc: a list in brackets, or of lines.
var pkgsDirs = regexp.MustCompile(`pkgs_dirs["']?:((?:\s|\\n|[\[\],"'-])*[~/$][^\s\\\],"']*)+`)

// configured says that there is a condarc. Its content may be unknown.
func (s *settings) configured(content string) {
	s.yes = true
	for _, list := range pkgsDirs.FindAllString(content, -1) {
		_, list, _ = strings.Cut(list, ":")
		list = strings.ReplaceAll(list, `\n`, " ")
		for _, dir := range strings.FieldsFunc(list, func(c rune) bool { return strings.ContainsRune(" \t\n[],\"'", c) }) {
			if dir != "-" {
				s.pkgs = append(s.pkgs, dir)
			}
		}
	}
}

// isInstaller says whether a program may be an installer of conda.
func isInstaller(arg string) bool { return strings.HasSuffix(arg, ".sh") }

// saysYes says whether something answers "yes" for a command.
func (s *settings) saysYes(c *command) bool {
	for _, name := range []string{"CONDA_ALWAYS_YES", "MAMBA_ALWAYS_YES"} {
		for _, vars := range []map[string]string{c.env, s.vars} {
			switch strings.ToLower(vars[name]) {
			case "", "0", "false", "no", "off":
			default:
				return true
			}
		}
	}
	return s.yes && c.name() != "pixi"
}

func (s *settings) absolute(p string) string {
	if rest, ok := strings.CutPrefix(p, "~"); ok {
		p = s.home + rest
	}
	if strings.HasPrefix(p, "${HOME}") {
		p = s.home + strings.TrimPrefix(p, "${HOME}")
	}
	if len(p) > 1 && p[1] == ':' || strings.HasPrefix(p, "${") {
		return path.Clean(p)
	}
	if !strings.HasPrefix(p, "/") {
		p = path.Join(s.dir, p)
	}
	return path.Clean(p)
}

// caches are the known caches of a family.
func (s *settings) caches(f family) []string {
	var list []string
	if f == rattlerFamily {
		for _, name := range []string{"RATTLER_CACHE_DIR", "PIXI_CACHE_DIR"} {
			if s.vars[name] != "" {
				list = append(list, s.absolute(s.vars[name]))
			}
		}
		if xdg := s.vars["XDG_CACHE_HOME"]; len(list) == 0 && xdg != "" {
			list = append(list, s.absolute(xdg+"/rattler/cache"), s.absolute(xdg+"/pixi"))
		}
		if len(list) == 0 {
			list = append(list, s.home+"/.cache/rattler/cache")
		}
		return list
	}
	for _, name := range []string{"CONDA_PKGS_DIRS", "CONDA_PKGS_PATH"} {
		for _, dir := range strings.FieldsFunc(s.vars[name], func(c rune) bool { return c == ',' || c == ':' }) {
			list = append(list, s.absolute(dir))
		}
	}
	for _, dir := range s.pkgs {
		list = append(list, s.absolute(dir))
	}
	if len(list) == 0 {
		for _, root := range s.roots {
			list = append(list, root+"/pkgs")
		}
	}
	if len(list) == 0 {
		list = append(list, "/opt/conda/pkgs") // the usual place in images
	}
	return list
}

var rootName = regexp.MustCompile(`^\.?(?:ana|mini|micro)?(?:conda|mamba|forge)(?:-?forge)?\d*$`)

// isRootName says whether a folder has the usual name of a conda installation.
func isRootName(base string) bool { return rootName.MatchString(strings.ToLower(base)) }

// covers says whether a folder contains the caches of a family. guess is for removals and
// mounts: then the name of a cache is enough, wherever it is.
func (s *settings) covers(f family, dir string, guess bool) bool {
	caches := s.caches(f)
	if guess {
		caches = append(caches, s.inline...)
	}
	for _, cache := range caches {
		if isBelow(cache, dir) {
			return true
		}
	}
	base := path.Base(dir)
	if f == rattlerFamily {
		return base == "rattler" || guess && (base == ".cache" || strings.Contains(dir, "rattler") || strings.Contains(dir, "pixi") && strings.Contains(dir, "cache"))
	}
	switch {
	case base == "pkgs" && (guess || isRootName(path.Base(path.Dir(dir)))):
		return true
	case guess:
		return base == ".conda" || base == ".mamba" || isRootName(base) && path.Base(path.Dir(dir)) != "bin"
	case s.vars["CONDA_PKGS_DIRS"] != "" || len(s.pkgs) > 0:
		return false
	}
	return isRootName(base)
}

// isBelow says whether p is dir, or below it.
func isBelow(p, dir string) bool {
	return p == dir || dir == "/" || strings.HasPrefix(p, dir+"/")
}
