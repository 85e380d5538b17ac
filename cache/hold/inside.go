package hold

import (
	"path/filepath"

	"gclean/meta"
	"gclean/walk"
)

// PrefixesAbove maps every folder that an environment is, or is in, to that
// environment: an entry among them is not removed, whatever it looks like. doubts
// are about environments that may be anywhere.
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
