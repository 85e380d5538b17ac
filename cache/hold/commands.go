package hold

import (
	"slices"
	"strings"
)

// commandOf returns the command that the arguments of an installer name, "" if that is
// not known, and whether it may link something in a cache. Only what is known not to is
// let off: what is not known, and no command at all, counts as one that may.
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

// isCommand says whether an argument can be a command, and may be shown as one: what
// others gave their programs may have anything in it.
func isCommand(arg string) bool {
	const longest = 30
	return arg != "" && len(arg) <= longest && arg[0] != '-' && strings.Trim(arg, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}

// family is what is known of the commands of one installer.
type family struct {
	readOnly []string
	// groups are commands with commands of their own, and which of those only read.
	groups map[string][]string
	// flags and valued are the options that may be given before the command, without
	// and with a value. With an option that is not among them, it is not known which
	// argument is the command.
	flags, valued []string
}

func (f family) isReadOnly(command string, args []string) bool {
	switch {
	case command == "doctor" || command == "check":
		// conda doctor --fix installs packages again.
		return slices.Contains(f.readOnly, command) && !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--f") })
	case strings.HasPrefix(command, "shell."): // conda shell.posix activate
		return slices.Contains(f.readOnly, "shell")
	}
	return slices.Contains(f.readOnly, command)
}

// skipOptions returns args from the first that is no option on. ok is false where
// that cannot be told.
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

// isCluster says whether arg is several short flags in one: -vvq.
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

// hasValue says whether arg is an option and its value in one: --name=x, -nx.
func (f family) hasValue(arg string) bool {
	return slices.ContainsFunc(f.valued, func(option string) bool {
		if strings.HasPrefix(option, "--") {
			return strings.HasPrefix(arg, option+"=")
		}
		return len(arg) > len(option) && strings.HasPrefix(arg, option)
	})
}

// familyOf returns what is known of the commands of the installer with this name. Of one
// that is not known, everything may link.
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
		// conda_lock/conda_lock.py: only install makes an environment.
		return family{readOnly: []string{"lock", "render", "render-lock-spec"}}, true
	case name == "pixi", strings.HasPrefix(name, "pixi-x86_64-"), strings.HasPrefix(name, "pixi-aarch64-"):
		return pixiFamily(), true
	case name == "rattler-build":
		// docs/reference/cli.md of rattler-build.
		return family{
			readOnly: []string{"auth", "completion", "generate-recipe", "help", "upload"},
			flags:    []string{"-v", "--verbose", "-q", "--quiet"},
			valued:   []string{"--color", "--log-style"},
		}, true
	}
	return family{}, false
}

// condaFamily is what conda, mamba and micromamba have: BUILTIN_COMMANDS and
// generate_pre_parser in conda/cli/conda_argparse.py, conda/cli/main_env.py, the
// plugins of conda and conda-build, and set_umamba_command in
// micromamba/src/umamba.cpp with init_umamba_options. A command that "run" starts is a
// process of its own.
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

// pixiFamily is what pixi has (enum Command in crates/pixi_cli/src/lib.rs and
// src/global/mod.rs). list, tree and lock bring an environment up to date where that
// is needed to resolve packages of PyPI; run and shell install, and are then there for
// as long as what they started.
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

// valuedOptions are the options of interpreters whose values are arguments of their
// own.
func valuedOptions() []string {
	return []string{"-X", "-W", "--check-hash-based-pycs", "--library-path", "--preload", "--argv0", "--audit", "--inhibit-rpath"}
}
