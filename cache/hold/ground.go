package hold

import "gclean/walk/mounts"

// groundOf says what a cache is on: at path, free of symlinks, on a file system of
// this kind. Where mountinfo does not tell, it counts as being from outside.
func groundOf(m mounts.Table, path string, kind mounts.Kind) Ground {
	at, ok := m.At(path)
	if !ok {
		return Ground{Network: kind == mounts.Network, Outside: true}
	}
	top, ok := m.At("/")
	return Ground{
		Network: kind == mounts.Network || kind != mounts.Local && mounts.KindOf(at.Type) == mounts.Network,
		Outside: !ok || at.ID != top.ID,
	}
}
