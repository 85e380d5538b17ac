package hold

import (
	"slices"
	"strings"
)

// commandOf returns the command in an installer's arguments, or "" if it cannot be told.
// links reports whether that command may link files from a cache. Only commands known to
// link nothing are exempt: an unknown command, and none at all, count as linking.
func commandOf(name string, args []string) (command string, links bool) {
	f, ok := familyOf(name)
	if !ok {
		return "", true
	}
	rest, ok := f.skipOptions(args)
	if !ok || len(rest) == 0 || !isCommand(rest[0]) {
		return "", true
	}
	command = rest[0]
	readOnly := f.isReadOnly(command, rest[1:])
	if sub := f.groups[command]; sub != nil && len(rest) > 1 && isCommand(rest[1]) {
		return command + " " + rest[1], !slices.Contains(sub, rest[1])
	}
	return command, !readOnly
}

// isCommand reports whether an argument can be a command and is safe to print: the
// arguments of other people's programs may contain anything.
func isCommand(arg string) bool {
	const longest = 30
	return arg != "" && len(arg) <= longest && arg[0] != '-' && strings.Trim(arg, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}

// family describes the command line of one kind of installer.
type family struct {
	readOnly []string
	// groups maps each command that has subcommands to those subcommands that only read.
	groups map[string][]string
	// flags and valued are the options allowed before the command, without and with a
	// value. After any other option, nobody can tell which argument is the command.
	flags, valued []string
}

func (f family) isReadOnly(command string, args []string) bool {
	switch {
	case command == "doctor" || command == "check":
		// conda doctor --fix reinstalls packages.
		return slices.Contains(f.readOnly, command) && !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--f") })
	case strings.HasPrefix(command, "shell."): // such as conda shell.posix activate
		return slices.Contains(f.readOnly, "shell")
	}
	return slices.Contains(f.readOnly, command)
}

// skipOptions returns args from the first argument that is not an option. ok is false if an
// unknown option makes that uncertain.
func (f family) skipOptions(args []string) (rest []string, ok bool) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case !strings.HasPrefix(arg, "-"):
			return args[i:], true
		case slices.Contains(f.valued, arg):
			i++
		case slices.Contains(f.flags, arg), f.isCluster(arg), f.hasValue(arg):
		default:
			return nil, false
		}
	}
	return nil, true
}

// isCluster reports whether arg combines several short flags, such as -vvq.
func (f family) isCluster(arg string) bool {
	letters, ok := strings.CutPrefix(arg, "-")
	if !ok || letters == "" || letters[0] == '-' {
		return false
	}
	for _, c := range letters {
		if !slices.Contains(f.flags, "-"+string(c)) {
			return false
		}
	}
	return true
}

// hasValue reports whether arg is an option joined with its value, such as --name=x or -nx.
func (f family) hasValue(arg string) bool {
	return slices.ContainsFunc(f.valued, func(option string) bool {
		if strings.HasPrefix(option, "--") {
			return strings.HasPrefix(arg, option+"=")
		}
		return len(arg) > len(option) && strings.HasPrefix(arg, option)
	})
}

// familyOf returns the family of the installer with this name. Every command of an unknown
// installer may link.
func familyOf(name string) (f family, ok bool) {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "_"), ".py"), "-script")
	switch {
	case name == "conda", name == "conda.cli", name == "conda.cli.main", name == "mamba",
		name == "micromamba", strings.HasPrefix(name, "micromamba-"):
		return condaFamily(), true
	case name == "conda-env", name == "conda_env", name == "conda_env.cli.main":
		f := condaFamily()
		return family{readOnly: f.groups["env"], flags: f.flags, valued: f.valued}, true
	case name == "conda-lock", name == "conda_lock":
		// conda_lock/conda_lock.py: only install creates an environment.
		return family{readOnly: []string{"lock", "render", "render-lock-spec"}}, true
	case name == "pixi", strings.HasPrefix(name, "pixi-x86_64-"), strings.HasPrefix(name, "pixi-aarch64-"):
		return pixiFamily(), true
	case name == "rattler-build":
		// See docs/reference/cli.md of rattler-build.
		return family{
			readOnly: []string{"auth", "completion", "generate-recipe", "help", "upload"},
			flags:    []string{"-v", "--verbose", "-q", "--quiet"},
			valued:   []string{"--color", "--log-style"},
		}, true
	}
	return family{}, false
}

// condaFamily describes conda, mamba and micromamba. Its sources are BUILTIN_COMMANDS and
// generate_pre_parser in conda/cli/conda_argparse.py, conda/cli/main_env.py, and the
// plugins of conda and conda-build. For micromamba they are set_umamba_command in
// micromamba/src/umamba.cpp and init_umamba_options. "run" is read-only because the command
// that it starts is a process of its own.
func condaFamily() family {
	return family{
		readOnly: []string{
			"activate", "auth", "check", "clean", "commands", "compare", "config", "deactivate", "develop", "doctor",
			"export", "help", "hook", "info", "init", "list", "notices", "ps", "repoquery", "run", "search", "shell",
		},
		groups: map[string][]string{"env": {"config", "export", "list"}},
		flags: []string{
			"-v", "--verbose", "-q", "--quiet", "-y", "--yes", "--json", "--debug", "--no-plugins",
			"--no-rc", "--no-env", "--offline", "--dry-run",
		},
		valued: []string{"-n", "--name", "-p", "--prefix", "-r", "--root-prefix", "--relocate-prefix", "--log-level"},
	}
}

// pixiFamily describes pixi (enum Command in crates/pixi_cli/src/lib.rs, and
// src/global/mod.rs). list, tree and lock are not read-only: they update an environment
// when they need it to resolve PyPI packages. Nor are run and shell: they install first,
// and then run as long as the program that they started.
func pixiFamily() family {
	return family{
		readOnly: []string{
			"auth", "clean", "completion", "config", "help", "info", "init", "search", "self-update", "task", "upload",
		},
		groups: map[string][]string{
			"global": {"list", "ls", "tree", "t"},
			"g":      {"list", "ls", "tree", "t"},
		},
		flags:  []string{"-v", "--verbose", "-q", "--quiet", "--no-progress"},
		valued: []string{"--color"},
	}
}

// valuedOptions returns the interpreter options whose values are separate arguments.
func valuedOptions() []string {
	return []string{"-X", "-W", "--check-hash-based-pycs", "--library-path", "--preload", "--argv0", "--audit", "--inhibit-rpath"}
}
