package dockerlint

import (
	"slices"
	"strings"
)

// family is a group of tools that share a cache.
type family int

const (
	condaFamily family = iota // conda, mamba, micromamba
	rattlerFamily
)

// fill describes a command that fills the caches of a family.
type fill struct {
	family family
	parts  parts
	what   string // "conda install"
	root   string // a root prefix that the command names
}

// isConda says whether a program has the commands of conda.
func isConda(program string) bool {
	switch program {
	case "conda", "mamba", "mamba2", "micromamba", "umamba":
		return true
	}
	return false
}

// verbOf is the subcommand in the arguments of conda or mamba, with its own arguments.
func verbOf(args []string) (verb string, rest []string) {
	args = skipFlags(args, " -r --root-prefix -n --name -p --prefix --rc-file --log-level ")
	if len(args) == 0 {
		return "", nil
	}
	return args[0], args[1:]
}

// installs says whether c installs packages.
func installs(c *command) (fill, bool) {
	name, args := c.name(), c.argv[1:]
	switch {
	case isConda(name):
		return condaInstalls(name, args)
	case name == "conda-env":
		return condaInstalls("conda", append([]string{"env"}, args...))
	case name == "conda-lock" && len(args) > 0 && args[0] == "install" && !asksForHelp(args):
		return fill{condaFamily, archives | packages, "conda-lock install", ""}, true
	case name == "pixi":
		return pixiInstalls(args)
	case name == "echo", name == "printf", name == "pip", name == "grep", name == "which":
		return fill{}, false
	}
	// An unknown program may run its arguments: retry 3 conda install numpy.
	for i, arg := range args[:max(0, len(args)-1)] {
		if inner := programName(arg); isConda(inner) && !strings.HasPrefix(arg, "-") {
			return condaInstalls(inner, args[i+1:])
		}
	}
	return fill{}, false
}

func condaInstalls(name string, args []string) (fill, bool) {
	verb, rest := verbOf(args)
	what := name + " " + verb
	if verb == "env" && len(rest) > 0 {
		verb, rest = rest[0], rest[1:]
		what += " " + verb
		if verb != "create" && verb != "update" {
			return fill{}, false
		}
		if !slices.Contains(rest, "--file") {
			rest = append(slices.Clone(rest), "--file=environment.yml") // the file that it reads without a flag
		}
	}
	switch verb {
	case "install", "create", "update", "upgrade":
	default:
		return fill{}, false
	}
	if asksForHelp(rest) || has(rest, "--dry-run", 'd') || slices.Contains(rest, "--download-only") {
		return fill{}, false // --download-only is used to fill the cache
	}
	specs, listed, all := specsOf(rest)
	if len(specs) == 0 && len(listed) == 0 && !all {
		return fill{}, false // an empty environment
	}
	f := fill{condaFamily, whole, what, valueOf(args, "-r", "--root-prefix")}
	if explicit := func(s string) bool { return strings.HasSuffix(s, ".conda") || strings.HasSuffix(s, ".tar.bz2") }; !all && len(listed) == 0 && !slices.ContainsFunc(specs, func(s string) bool { return !explicit(s) }) {
		f.parts &^= index
	}
	if lock := func(s string) bool {
		return strings.HasSuffix(s, ".lock") || strings.Contains(s, "explicit") || strings.Contains(s, "lock") && strings.HasSuffix(s, ".txt") ||
			strings.Contains(s, "linux-") && strings.HasSuffix(s, ".txt")
	}; !all && len(specs) == 0 && !slices.ContainsFunc(listed, func(s string) bool { return !lock(s) }) {
		f.parts &^= index // a list of addresses
	}
	return f, true
}

// specsOf are the packages that an install names, and the files that list packages.
func specsOf(args []string) (specs, listed []string, all bool) {
	const values = " -n --name -p --prefix -c --channel --platform --subdir --solver -r --root-prefix --rc-file --repodata-fn " +
		"--experimental --env-spec --environment-specifier --override-frozen-env --category --channel-priority --log-level "
	for i := 0; i < len(args); i++ {
		arg := args[i]
		flag, value, joined := strings.Cut(arg, "=")
		switch {
		case !strings.HasPrefix(arg, "-") || arg == "-":
			specs = append(specs, arg)
		case flag == "--file" || arg == "-f":
			if !joined && i+1 < len(args) {
				i++
				value = args[i]
			}
			listed = append(listed, value)
		case arg == "--all" || arg == "-a" || flag == "--revision" || flag == "--rev":
			all = true
		case arg == "--clone":
			return nil, nil, false // it installs what the caches have
		case strings.Contains(values, " "+arg+" "):
			i++
		}
	}
	return specs, listed, all
}

func pixiInstalls(args []string) (fill, bool) {
	args = skipFlags(args, " --color --manifest-path ")
	if len(args) == 0 || asksForHelp(args) || slices.Contains(args, "--dry-run") {
		return fill{}, false
	}
	verb := args[0]
	switch verb {
	case "install", "i", "add", "a", "reinstall", "update", "upgrade", "exec", "x":
	case "global", "g":
		if len(args) < 2 || !slices.Contains([]string{"install", "i", "add", "a", "update", "sync", "upgrade", "upgrade-all"}, args[1]) {
			return fill{}, false
		}
		verb += " " + args[1]
	default:
		return fill{}, false
	}
	return fill{rattlerFamily, index | packages, "pixi " + verb, ""}, true
}

func asksForHelp(args []string) bool { return has(args, "--help", 'h') }

// has says whether a flag is in args, alone or in a cluster such as -afy.
func has(args []string, long string, short byte) bool {
	for _, arg := range args {
		if arg == "--" {
			return false
		}
		if arg == long || short != 0 && len(arg) > 1 && arg[0] == '-' && arg[1] != '-' && strings.IndexByte(arg[1:], short) >= 0 && !strings.Contains(arg, "=") {
			return true
		}
	}
	return false
}

// valueOf is the value of a flag in args, or "".
func valueOf(args []string, flags ...string) string {
	for i, arg := range args {
		flag, value, joined := strings.Cut(arg, "=")
		if slices.Contains(flags, flag) {
			if joined {
				return value
			}
			if i+1 < len(args) {
				return args[i+1]
			}
		}
	}
	return ""
}
