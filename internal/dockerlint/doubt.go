package dockerlint

import (
	"path"
	"slices"
	"strings"
)

// mayClean says whether a command may clean although the file does not show it. Such a
// command is a script from elsewhere, in an unknown variable, or run by an interpreter.
func mayClean(c *command) bool {
	name, args := c.name(), c.argv[1:]
	switch {
	case strings.Contains(name, "clean"):
		return true
	case strings.Contains(name, "$") && !strings.Contains(name, "$("): // not the hook of a shell
		return true
	case isShell(name):
		file := skipFlags(args, " -o +o ")
		return len(file) > 0 && !isInstallation(file[0], file[1:])
	case name == "source", name == ".":
		return len(args) > 0 && isScript(args[0]) && !isHook(args[0])
	case strings.HasPrefix(name, "python"), name == "perl", name == "ruby":
		return slices.ContainsFunc(args, func(arg string) bool { return strings.Contains(arg, "clean") || strings.Contains(arg, "pkgs") })
	}
	return isScript(c.argv[0]) && !isInstallation(c.argv[0], args)
}

// isScript says whether a program is probably a script of the project, and not one of the
// system or of an environment.
func isScript(program string) bool {
	dir, base := path.Split(program)
	in := path.Base(dir)
	if strings.HasSuffix(base, ".sh") || strings.HasSuffix(base, ".bash") {
		return dir != ""
	}
	return dir != "" && in != "bin" && in != "sbin" && in != "condabin" && !isConda(base) && base != "configure"
}

// isInstallation says whether a script is an installer of conda.
func isInstallation(script string, args []string) bool {
	base := strings.ToLower(path.Base(script))
	for _, name := range []string{"conda", "mamba", "forge"} {
		if strings.Contains(base, name) {
			return true
		}
	}
	return has(args, "", 'b') || base == "configure"
}

// isHook says whether a script only sets up a shell for conda.
func isHook(script string) bool {
	base := path.Base(script)
	return base == "conda.sh" || base == "mamba.sh" || base == "micromamba.sh" || base == "activate" || strings.HasSuffix(base, "rc") || strings.HasSuffix(base, "profile")
}
