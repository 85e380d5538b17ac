package meta

import (
	"path/filepath"
	"slices"

	"gclean/walk"
)

// without leaves out what is in folders that are gone for good, before
// anything looks for them there.
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

// withoutSame leaves out the environments that are the same folders by another
// name.
func withoutSame(envs []Environment, gone []Value) []Environment {
	ids := map[walk.ID]bool{}
	for _, v := range gone {
		// One that is not there, as it should be, has no other name.
		if id, err := walk.Identify(v.Path); err == nil && id.Ino != 0 {
			ids[id] = true
		}
	}
	if len(ids) == 0 {
		return envs
	}
	return slices.DeleteFunc(envs, func(e Environment) bool { return ids[e.ID] })
}
