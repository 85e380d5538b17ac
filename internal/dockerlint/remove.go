package dockerlint

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// removes says whether rm, find or mv remove caches.
func removes(c *command, s *settings) (empty, bool) {
	var e empty
	switch c.name() {
	case "rm", "rmdir", "rd", "del":
		for _, arg := range c.argv[1:] {
			if !strings.HasPrefix(arg, "-") {
				e.conda |= s.partsAt(condaFamily, arg)
				e.rattler |= s.partsAt(rattlerFamily, arg)
			}
		}
	case "mv":
		for _, arg := range c.argv[1:max(1, len(c.argv)-1)] {
			e.conda |= s.partsAt(condaFamily, arg)
			e.rattler |= s.partsAt(rattlerFamily, arg)
		}
	case "find":
		args := c.argv[1:]
		if !slices.Contains(args, "-delete") && !slices.ContainsFunc(args, func(arg string) bool { return path.Base(arg) == "rm" }) {
			return e, false
		}
		if valueOf(args, "-type") == "l" || slices.Contains(args, "-empty") {
			return e, false
		}
		filter := filterOf(args)
		for _, arg := range args {
			if strings.HasPrefix(arg, "-") || arg == "(" || arg == "!" {
				break
			}
			at := arg
			if filter != "" {
				at = path.Join(arg, filter)
			}
			if isArchives(filter) && s.covers(condaFamily, s.absolute(arg), true) {
				e.conda |= archives
			}
			e.conda |= s.partsAt(condaFamily, at)
			e.rattler |= s.partsAt(rattlerFamily, at)
		}
	}
	return e, e.conda|e.rattler != 0
}

// filterOf is the pattern of names that find removes, "" for all files.
func filterOf(args []string) string {
	filter := ""
	for i, arg := range args[:max(0, len(args)-1)] {
		if strings.Contains(" -name -iname -path -ipath -wholename -regex ", " "+arg+" ") && (i == 0 || args[i-1] != "!" && args[i-1] != "-not") {
			filter = args[i+1]
		}
	}
	return filter
}

// isArchives says whether a pattern matches archives.
func isArchives(pattern string) bool {
	return strings.ContainsAny(pattern, "*?") && (strings.Contains(pattern, ".tar.bz2") || strings.Contains(pattern, ".conda") || strings.Contains(pattern, ".bz2"))
}

// unknownCache matches an unknown variable that may name caches, or a folder with some.
var unknownCache = regexp.MustCompile(`^\$\{\w*(?i:conda|mamba|pixi|rattler|pkgs|cache)\w*\}$`)

// partsAt are the parts of a family's caches at or below a path, which may end in a
// pattern.
func (s *settings) partsAt(f family, arg string) parts {
	p := strings.ReplaceAll(arg, `\`, "/")
	if unknownCache.MatchString(strings.TrimRight(p, "/*")) {
		return whole
	}
	last := path.Base(p)
	if strings.ContainsAny(last, "*?[{") {
		p = path.Dir(p)
		switch {
		case isArchives(last):
			if path.Base(p) == "pkgs" {
				return archives
			}
			return 0
		case strings.Trim(last, "*.?[]!{},()N") != "": // *(N) is of zsh
			return 0 // a part of its content
		}
	}
	p = s.absolute(p)
	if s.covers(f, p, true) {
		return whole
	}
	if f == condaFamily && path.Base(p) == "cache" && path.Base(path.Dir(p)) == "pkgs" {
		return index
	}
	return 0
}
