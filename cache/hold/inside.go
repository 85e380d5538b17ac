package hold

import (
	"path/filepath"

	"gclean/meta"
	"gclean/walk"
)

// PrefixesAbove maps every folder that an environment is, or is in, to that
// environment: an entry among them is not removed, whatever it looks like.
func PrefixesAbove(envs []meta.Environment) map[walk.ID]string {
	above := map[walk.ID]string{}
	seen := map[string]bool{}
	for _, env := range envs {
		dir, err := walk.Real(env.Prefix)
		if err != nil {
			continue // it cannot be reached through an entry either
		}
		for !seen[dir] {
			seen[dir] = true
			if id, err := walk.Identify(dir); err == nil {
				above[id] = env.Prefix
			}
			dir = filepath.Dir(dir)
		}
	}
	return above
}
