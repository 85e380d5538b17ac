package dockerlint

import (
	"slices"
	"strings"
)

// wrapper describes a program that runs another: the number of its own arguments, and
// which of its flags take a value.
type wrapper struct {
	operands int
	values   string // flags with a value, with spaces around each
}

// wrappers are programs that run what follows their own arguments.
func wrappers() map[string]wrapper {
	return map[string]wrapper{
		"sudo": {0, " -u --user -g --group -h -p -C "}, "doas": {0, " -u "}, "env": {0, " -u -C -S "},
		"exec": {0, " -a "}, "command": {}, "builtin": {}, "time": {0, " -f -o "}, "nice": {0, " -n "}, "ionice": {0, " -c -n "},
		"nohup": {}, "setsid": {}, "timeout": {1, " -s -k --signal --kill-after "}, "stdbuf": {0, " -i -o -e "},
		"gosu": {1, ""}, "su-exec": {1, ""}, "chroot": {1, ""}, "tini": {}, "dumb-init": {}, "xvfb-run": {0, " -s -n "},
		"xargs": {0, " -n -P -I -L -d -a -s -E "}, "flock": {1, " -w "}, "retry": {0, " -n -t -s -d "}, "then": {}, "not": {},
	}
}

// unwrap is what a command runs: another command, or a script. It is false if the command
// runs nothing.
func unwrap(c *command) (inner command, script string, ok bool) {
	name, args := c.name(), c.argv[1:]
	switch {
	case isShell(name):
		if name == "busybox" {
			return shifted(c, args)
		}
		for i := 0; i+1 < len(args) && (strings.HasPrefix(args[i], "-") || strings.HasPrefix(args[i], "+")); i++ {
			arg := args[i]
			if !strings.HasPrefix(arg, "--") && strings.Contains(arg, "c") {
				rest := skipFlags(args[i+1:], " -o +o ")
				return command{}, strings.Join(rest[:min(1, len(rest))], ""), len(rest) > 0
			}
			if strings.HasSuffix(arg, "o") { // -euo pipefail
				i++
			}
		}
		return command{}, "", false
	case name == "eval":
		return command{}, strings.Join(args, " "), len(args) > 0
	case name == "su", name == "runuser":
		for i, arg := range args {
			if (arg == "-c" || arg == "--command") && i+1 < len(args) {
				return command{}, args[i+1], true
			}
		}
		return command{}, "", false
	case isConda(name):
		if verb, rest := verbOf(args); verb == "run" {
			return shifted(c, skipFlags(rest, " -n --name -p --prefix --cwd -r --root-prefix -e --env -a --attach "))
		}
		return command{}, "", false
	}
	if strings.HasPrefix(name, "python") && len(args) > 1 && args[0] == "-m" && isConda(args[1]) {
		return shifted(c, args[1:])
	}
	w, known := wrappers()[name]
	if !known {
		return command{}, "", false
	}
	rest := skipFlags(args, w.values)
	for name == "env" || name == "sudo" {
		key, value, found := "", "", false
		if len(rest) > 0 {
			key, value, found = strings.Cut(rest[0], "=")
		}
		if !found {
			break
		}
		c.env[key] = value
		rest = rest[1:]
	}
	if len(rest) < w.operands {
		return command{}, "", false
	}
	rest = skipFlags(rest[w.operands:], "")
	if name == "xargs" && len(rest) > 0 && isConda(programName(rest[0])) && !has(args[:len(args)-len(rest)], "--no-run-if-empty", 'r') {
		rest = append(slices.Clone(rest), "-") // what stdin has
	}
	return shifted(c, rest)
}

// shifted is the command that is made of the rest of the words of c.
func shifted(c *command, rest []string) (command, string, bool) {
	if len(rest) == 0 {
		return command{}, "", false
	}
	return command{rest, c.env, c.line, c.wrote, c.input}, "", true
}

// skipFlags drops leading flags and their values.
func skipFlags(args []string, values string) []string {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		flag := args[0]
		args = args[1:]
		if flag == "--" {
			break
		}
		if strings.Contains(values, " "+flag+" ") && len(args) > 0 {
			args = args[1:]
		}
	}
	return args
}
