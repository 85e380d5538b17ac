package hold

import (
	"path/filepath"

	"gclean/meta"
	"gclean/walk"
)

// PrefixesAbove maps each environment's folder, and all folders above it, to the
// environment: an entry among them must not be removed, whatever it looks like. doubts are
// about environments whose folders cannot be identified, so that they may be anywhere.
func PrefixesAbove(envs []meta.Environment) (above map[walk.ID]string, doubts []Doubt) {
	above = map[walk.ID]string{}
	unknown := func(env *meta.Environment, err error) {
		if env.Err == nil && !walk.LeadsNowhere(err) {
			doubts = append(doubts, Doubt{Reason: UnreadableEnv, Prefix: env.Prefix, Err: err, Users: env.Users})
		}
	}
	seen := map[string]bool{}
	for i := range envs {
		env := &envs[i]
		if env.Elsewhere != nil {
			for _, id := range env.Elsewhere.Above {
				above[id] = env.Prefix
			}
			continue
		}
		dir, err := walk.Real(env.Prefix)
		if err != nil {
			unknown(env, err)
			continue
		}
		for !seen[dir] {
			seen[dir] = true
			if id, err := walk.Identify(dir); err != nil {
				unknown(env, err)
			} else {
				above[id] = env.Prefix
			}
			dir = filepath.Dir(dir)
		}
	}
	return above, doubts
}
