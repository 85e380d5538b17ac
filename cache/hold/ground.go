package hold

import "gclean/walk/mounts"

// groundOf describes the file system of kind below path, which must be free of symlinks. If
// mountinfo does not list path, it counts as mounted from outside.
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
