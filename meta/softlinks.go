package meta

import (
	"cmp"
	"errors"
	"fmt"
)

// ErrUnregistered means that environments may be made that are in no list.
var ErrUnregistered = errors.New("register_envs is false, so environments may be in no list")

// setLinks reads the settings about soft links and about registering environments. Names
// and defaults (false, false and true) are those of conda/base/context.py, and of mamba's
// LinkParams and Context.
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

// softLinks returns the source of a setting that allows environments to link into a cache
// by symlinks, or "". It considers all settings, not only the effective one, because
// another user may have another effective one. A value that is neither true nor false may
// be meant as true.
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
