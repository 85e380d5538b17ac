package meta

import (
	"cmp"
	"errors"
	"fmt"
)

// ErrUnregistered says that environments are made that are in no list.
var ErrUnregistered = errors.New("register_envs is false, so environments may be in no list")

// setLinks finds what settings say of soft links and of registering
// environments. Both names and their defaults (false, false and true) are those
// of conda/base/context.py, and of mamba's LinkParams and Context.
func (h Host) setLinks(c *Config, settings map[string][]setting) {
	c.SoftLinks = cmp.Or(c.SoftLinks, softLinks(settings))
	s, ok := primitive(settings["register_envs"])
	if !ok {
		return
	}
	if v, err := boolify(s.scalar); err == nil && !v {
		c.Problems = append(c.Problems, Problem{Path: s.source, Err: fmt.Errorf("%s: %w", s.source, ErrUnregistered), Unseen: true, User: h.user})
	}
}

// softLinks is the source of a setting that lets environments link into a
// cache by symlinks; "" where there is none. It need not be the one that counts
// here: for another user it may. What is neither true nor false may be meant so.
func softLinks(settings map[string][]setting) string {
	for _, name := range []string{"allow_softlinks", "always_softlink"} {
		for _, s := range settings[name] {
			if v, err := boolify(s.scalar); v || err != nil {
				return s.source
			}
		}
	}
	return ""
}
