package channel

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// ErrPattern means that a pattern is malformed.
var ErrPattern = errors.New("bad pattern of a channel")

// Pattern names channels. Its parts may contain *, ? and [a-z]; * alone means any known
// channel.
type Pattern struct{ want Channel }

// ParsePattern parses the part of a MatchSpec before "::".
func ParsePattern(text string) (Pattern, error) {
	c, ok := Of(text)
	if _, err := path.Match(c.path, ""); !ok || c.path == "" || err != nil {
		return Pattern{}, ErrPattern
	}
	return Pattern{c}, nil
}

// Answer says whether a pattern includes a channel.
type Answer int

// The answers.
const (
	No Answer = iota
	Yes
	Unknown // the channel, or its platform, is unknown
)

// Match reports whether p names c.
func (p Pattern) Match(c Channel) Answer {
	switch {
	case c == (Channel{}):
		return Unknown
	case !p.names(c):
		return No
	case p.want.subdir == "" || p.want.subdir == c.subdir:
		return Yes
	case c.subdir == "":
		return Unknown
	}
	return No
}

// names reports whether p names the channel c, on any platform.
func (p Pattern) names(c Channel) bool {
	switch {
	case p.want.host != "" && c.host != "":
		return p.want.host == c.host && same(p.want.path, c.path)
	case p.want.host == "" && p.want.path == "*":
		return true
	case p.want.host == "" && p.want.path == "defaults":
		return slices.ContainsFunc(defaults(), func(path string) bool { return called(path, c) })
	case p.want.host == "" && p.want.path == "local":
		return c.host == "" && c.path == "local" || c.host == fileHost && slices.Contains([]string{"conda-bld", "conda_build"}, path.Base(c.path))
	case p.want.host != "":
		return called(c.path, p.want) // the record has a mere name
	}
	return called(p.want.path, c)
}

// defaults returns the names of the Anaconda channels that defaults stands for, or has
// stood for (DEFAULT_CHANNELS in conda/base/constants.py, and earlier ones). A record may
// also contain the name defaults itself.
func defaults() []string {
	return []string{"defaults", "pkgs/main", "pkgs/r", "pkgs/msys2", "pkgs/free", "pkgs/pro", "pkgs/mro", "pkgs/mro-archive"}
}

// called reports whether a name, possibly with wildcards, is the name of c. On the hosts of
// anaconda.org that is the whole path. Elsewhere it is the end of the path, since mirrors
// have other folders before the name. A label belongs to the channel before it.
func called(name string, c Channel) bool {
	if c.host == "" || whole(c.host) {
		return same(name, c.path)
	}
	parts := strings.Split(c.path, "/")
	first := len(parts) - 1 - strings.Count(name, "/")
	if first < 0 || slices.Contains(parts[:first], "label") || first < len(parts) && parts[first] == "label" {
		return false
	}
	return same(name, strings.Join(parts[first:], "/"))
}

// whole reports whether the name of a channel on host is its whole path.
func whole(host string) bool {
	return slices.Contains([]string{
		"conda.anaconda.org", "conda-static.anaconda.org", "repo.anaconda.com", "repo.continuum.io", "conda.binstar.org",
		"prefix.dev", "repo.prefix.dev",
	}, host)
}

// same reports whether a path matches a pattern, ignoring case.
func same(pattern, text string) bool {
	pattern, text = strings.ToLower(pattern), strings.ToLower(text)
	ok, err := path.Match(pattern, text)
	return err == nil && ok || pattern == text
}
