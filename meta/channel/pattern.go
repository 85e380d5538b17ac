package channel

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// ErrPattern says that a pattern cannot be understood.
var ErrPattern = errors.New("bad pattern of a channel")

// Pattern names channels. Its parts may have *, ? and [a-z]; * alone is any channel
// that is known.
type Pattern struct{ want Channel }

// ParsePattern reads what stands before "::" in a MatchSpec.
func ParsePattern(text string) (Pattern, error) {
	c, ok := Of(text)
	if _, err := path.Match(c.path, ""); !ok || c.path == "" || err != nil {
		return Pattern{}, ErrPattern
	}
	return Pattern{c}, nil
}

// Answer says whether a channel is one of a pattern.
type Answer int

// The answers.
const (
	No Answer = iota
	Yes
	Unknown // the channel, or its platform, is not known
)

// Match says whether c is one of the channels that p names.
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

// names says whether p names the channel c, on whatever platform.
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
		return called(c.path, p.want) // a record that has a mere name
	}
	return called(p.want.path, c)
}

// defaults are the channels of Anaconda that defaults has stood for, by name
// (DEFAULT_CHANNELS in conda/base/constants.py, and those before). A record may have
// the name itself.
func defaults() []string {
	return []string{"defaults", "pkgs/main", "pkgs/r", "pkgs/msys2", "pkgs/free", "pkgs/pro", "pkgs/mro", "pkgs/mro-archive"}
}

// called says whether a name, perhaps with wildcards, is that of c: on the hosts of
// anaconda.org the whole path, elsewhere the end of it, since mirrors have folders
// before the name. A label belongs to the channel before it.
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

// whole says whether the name of a channel on host is its whole path.
func whole(host string) bool {
	return slices.Contains([]string{
		"conda.anaconda.org", "conda-static.anaconda.org", "repo.anaconda.com", "repo.continuum.io", "conda.binstar.org",
		"prefix.dev", "repo.prefix.dev",
	}, host)
}

// same says whether a path is what a pattern means, in capitals or not.
func same(pattern, text string) bool {
	pattern, text = strings.ToLower(pattern), strings.ToLower(text)
	ok, err := path.Match(pattern, text)
	return err == nil && ok || pattern == text
}
