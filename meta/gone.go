package meta

import (
	"path/filepath"
	"slices"

	"gclean/walk"
)

// without removes paths that are declared gone, before anything looks for them.
func without(known, gone []Value) []Value {
	if len(gone) == 0 {
		return known
	}
	paths := map[string]bool{}
	for _, v := range absolute(gone) {
		paths[filepath.Clean(v.Path)] = true
	}
	return slices.DeleteFunc(known, func(v Value) bool { return paths[filepath.Clean(v.Path)] })
}

// withoutSame removes environments that are the folders in gone under another name.
func withoutSame(envs []Environment, gone []Value) []Environment {
	ids := map[walk.ID]bool{}
	for _, v := range gone {
		// If it is gone, as it should be, it has no other name.
		if id, err := walk.Identify(v.Path); err == nil && id.Ino != 0 {
			ids[id] = true
		}
	}
	if len(ids) == 0 {
		return envs
	}
	return slices.DeleteFunc(envs, func(e Environment) bool { return ids[e.ID] })
}
