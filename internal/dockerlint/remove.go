package dockerlint

import (
	"path"
	"slices"
	"strings"
)

// removes says whether rm or find remove caches.
func removes(c *command, s *settings) (empty, bool) {
	var e empty
	switch c.name() {
	case "rm":
		for _, arg := range c.argv[1:] {
			if !strings.HasPrefix(arg, "-") {
				e.conda |= s.partsAt(condaFamily, arg)
				e.rattler |= s.partsAt(rattlerFamily, arg)
			}
		}
	case "find":
		args := c.argv[1:]
		if !slices.Contains(args, "-delete") && !slices.ContainsFunc(args, func(arg string) bool { return path.Base(arg) == "rm" }) {
			return e, false
		}
		filter := valueOf(args, "-name", "-iname", "-path", "-regex")
		for _, arg := range args {
			if strings.HasPrefix(arg, "-") || arg == "(" || arg == "!" {
				break
			}
			at := arg
			if filter != "" {
				at = path.Join(arg, filter)
			}
			e.conda |= s.partsAt(condaFamily, at)
			e.rattler |= s.partsAt(rattlerFamily, at)
		}
	}
	return e, e.conda|e.rattler != 0
}

// partsAt are the parts of a family's caches at or below a path, which may end in a
// pattern.
func (s *settings) partsAt(f family, arg string) parts {
	p := strings.ReplaceAll(arg, `\`, "/")
	last := path.Base(p)
	if strings.ContainsAny(last, "*?[{") {
		p = path.Dir(p)
		switch {
		case strings.Contains(last, ".tar.bz2"), strings.Contains(last, ".conda"), strings.Contains(last, ".bz2"):
			if path.Base(p) == "pkgs" {
				return archives
			}
			return 0
		case strings.Trim(last, "*.?[]!{},") != "":
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
